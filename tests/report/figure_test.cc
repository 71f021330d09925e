// Panels' scripts and the pictures that gnuplot makes of them.
#include "report/figure/figure.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "made_up.h"
#include "report/figure/gnuplot.h"
#include "report/figure/label_placement.h"
#include "report/figure/multiverse_figures.h"
#include "report/figure/panel_script.h"
#include "xml_check.h"

namespace sg {
namespace {

std::string script_of(Panel panel) {
  panel = fitted_panel(std::move(panel));
  const PanelSize size = panel_size(panel);
  return panel_script(panel, {0, 0, size.width, size.height, size.width, size.height}, "p");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(XmlCheck, FindsWhatItIsFor) {
  EXPECT_EQ(xml_error("<?xml v?><a b='c'><d/>&lt;</a>"), "");
  for (const char* bad :
       {"<a>", "<a></b>", "<a b=c></a>", "<a>&</a>", "<a>]]></a>", "<a>\x01</a>", "<a onload='x'/>", "<a b='<'/>"}) {
    EXPECT_NE(xml_error(bad), "") << bad;
  }
}

TEST(Figure, EveryKindOfPanelIsDrawn) {
  for (const Panel& panel : every_panel()) {
    const auto drawn = draw_figure({"one", "A title", 1, {panel}}, "gnuplot");
    ASSERT_TRUE(drawn.ok()) << panel.title << ": " << drawn.error().message();
    EXPECT_EQ(xml_error(drawn.value().svg), "") << panel.title;
    ASSERT_EQ(drawn.value().panels.size(), 1u);
    EXPECT_EQ(xml_error(drawn.value().panels[0]), "") << panel.title;
    EXPECT_EQ(drawn.value().png.substr(0, 8), "\x89PNG\r\n\x1a\n");
    EXPECT_NE(drawn.value().svg.find("A title"), std::string::npos);
  }
}

TEST(Figure, PanelsOfAPageHaveNoBackgroundAndTheirOwnIds) {
  const auto drawn = draw_figure({"two", "", 2, {every_panel()[0], every_panel()[5]}}, "gnuplot");
  ASSERT_TRUE(drawn.ok());
  EXPECT_NE(drawn.value().svg.find("fill=\"#ffffff\""), std::string::npos);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string& svg = drawn.value().panels[i];
    EXPECT_EQ(svg.find("fill=\"#ffffff\""), std::string::npos);
    EXPECT_EQ(svg.find("<title>"), std::string::npos);
    EXPECT_EQ(svg.find("rgb(31,35,40)"), std::string::npos) << "ink is the page's";
    EXPECT_NE(svg.find("class=\"gf\""), std::string::npos);
    EXPECT_EQ(count(svg, "'gpPt"), 0u);
    EXPECT_GT(count(svg, "two-" + std::to_string(i) + "-gpPt"), 0u);
  }
}

TEST(Figure, NothingToDrawIsAFrame) {
  for (const PanelKind kind : {PanelKind::kBars, PanelKind::kScatter, PanelKind::kLines, PanelKind::kHeatMap,
                               PanelKind::kSpecificationCurve}) {
    Panel empty = {.kind = kind, .title = "nothing"};
    EXPECT_TRUE(draw_figure({"empty", "t", 1, {empty}}, "gnuplot").ok());
    empty.categories = {"a", "b"};
    empty.rows = {"r"};
    empty.series = {{.label = "s", .x = {std::nullopt, NAN}, .y = {std::nullopt, INFINITY}, .error = {NAN, 1.0}}};
    empty.log_y = true;
    empty.reference = 1.0;
    const auto drawn = draw_figure({"empty", "t", 1, {empty}}, "gnuplot");
    ASSERT_TRUE(drawn.ok()) << static_cast<int>(kind) << drawn.error().message();
    EXPECT_EQ(drawn.value().svg.find("no values") == std::string::npos, kind == PanelKind::kHeatMap);
  }
}

TEST(Figure, AProgramThatRefusesIsAnError) {
  const auto refused = run_gnuplot("gnuplot", "plot\nnonsense here\n");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("gnuplot refused"), std::string::npos);
  EXPECT_FALSE(run_gnuplot("/nowhere/gnuplot", "").ok());
  EXPECT_FALSE(draw_figure({"x", "", 1, {}}, "false").ok());
}

TEST(Figure, FileNamesArePlain) {
  EXPECT_EQ(figure_stem("H25-map"), "H25-map");
  EXPECT_EQ(figure_stem("../a b/$(c)"), "_._a_b___c_");
  EXPECT_EQ(figure_stem(""), "figure");
  EXPECT_LE(figure_stem(std::string(1000, 'a')).size(), 100u);
}

TEST(Script, QuotedTextCannotLeaveItsQuotes) {
  EXPECT_EQ(gnuplot_quoted("it's"), "'it''s'");
  EXPECT_EQ(gnuplot_quoted("a\nb"), "'a'.\"\\n\".'b'");
  EXPECT_EQ(gnuplot_quoted("x]]>"), "'x]] >'");
  EXPECT_EQ(gnuplot_tic("5 %d"), "'5 %%d'");
}

/// Outside of quotes there is nothing that a text brought along.
RC_GTEST_PROP(Script, OutsideQuotesIsOurs, (const std::string& text)) {
  const std::string quoted = gnuplot_quoted(text);
  std::string outside;
  bool inside = false;
  for (const char c : quoted) {
    if (c == '\'') {
      inside = !inside;
    } else if (!inside) {
      outside += c;
    }
  }
  RC_ASSERT(!inside);
  std::string breaks;
  for (const char c : text) breaks += c == '\n' ? ".\"\\n\"." : "";
  RC_ASSERT(outside == breaks);
  RC_ASSERT(std::none_of(quoted.begin(), quoted.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

TEST(Script, BarsStandInGroupsOrAlone) {
  Panel p = {.kind = PanelKind::kBars, .categories = {"a", "b"}};
  p.series = {{.label = "one", .y = {1.0, 2.0}}, {.label = "two", .y = {3.0, std::nullopt}}};
  EXPECT_NE(script_of(p).find("$pb0 << EOD\n-0.2 1 0.368\n0.8 2 0.368\nEOD"), std::string::npos);
  EXPECT_NE(script_of(p).find("$pb1 << EOD\n0.2 3 0.368\nEOD"), std::string::npos) << "a gap where a value is missing";
  p.series[1].y = {std::nullopt, 3.0};
  p.series[0].y = {1.0, std::nullopt};
  EXPECT_NE(script_of(p).find("$pb0 << EOD\n0 1 "), std::string::npos) << "no category has two: in the middle";
  EXPECT_NE(script_of(p).find("$pb1 << EOD\n1 3 "), std::string::npos);
}

TEST(Script, BarsHaveTheirMarks) {
  const std::string script = script_of(every_panel()[8]);
  EXPECT_NE(script.find("'1.25x'"), std::string::npos);
  EXPECT_NE(script.find("'0.75x'"), std::string::npos);
  EXPECT_NE(script.find("'G = 1'"), std::string::npos);
  EXPECT_NE(script.find("1 with lines dt (8,5)"), std::string::npos);
  EXPECT_EQ(count(script, "0 1.15\n0 1.35\n"), 1u) << "the error bar";
  EXPECT_NE(script.find("set yrange [0:"), std::string::npos);
}

TEST(Script, AxesAreWhatThePanelSays) {
  EXPECT_NE(script_of(every_panel()[3]).find("set y2tics"), std::string::npos);
  EXPECT_NE(script_of(every_panel()[3]).find("axes x1y2"), std::string::npos);
  EXPECT_NE(script_of(every_panel()[4]).find("set logscale y"), std::string::npos);
  EXPECT_NE(script_of(every_panel()[5]).find("set yrange [0.9:1.1]"), std::string::npos);
  EXPECT_NE(script_of(every_panel()[2]).find("-0.81 * x + 1.1"), std::string::npos);
}

TEST(Script, RatiosThatSpanDecadesAreDrawnOnALogarithmicScale) {
  Panel p = every_panel()[9];
  EXPECT_EQ(script_of(p).find("set logscale y"), std::string::npos) << "a correlation is negative";
  p.reference = 1.0;
  p.series[0].y = {0.05, 1.2};
  p.series[1].y = {1700.0};
  EXPECT_NE(script_of(p).find("set logscale y"), std::string::npos);
  const auto drawn = draw_figure({"log", "", 1, {p}}, "gnuplot");
  EXPECT_TRUE(drawn.ok()) << drawn.error().message();
  p.series[1].y = {2.0};
  EXPECT_EQ(script_of(p).find("set logscale y"), std::string::npos);
}

TEST(Script, ALogarithmicAxisHasThreeTicsOrMore) {
  EXPECT_EQ(log_tics({0.5, 2e4}), (std::vector<double>{1, 10, 100, 1000, 10000}));
  EXPECT_EQ(log_tics({4.7, 40}), (std::vector<double>{5, 10, 20}));
  EXPECT_EQ(log_tics({0.3, 0.95}), (std::vector<double>{0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}));
  const std::vector<double> narrow = log_tics({0.97, 1.28});
  ASSERT_GE(narrow.size(), 3u);
  EXPECT_GE(narrow.front(), 0.97);
  EXPECT_LE(narrow.back(), 1.28);
  EXPECT_NE(tics_script("y", {1000, 20000}).find("'1k' 1000, '20k' 20000"), std::string::npos);
}

TEST(Script, TrainingStepsFromZeroOnALogarithmicAxis) {
  Panel p = {.kind = PanelKind::kLines, .log_x = true};
  p.series = {{.label = "gain", .x = {0.0, 10.0, 100.0, 11000.0}, .y = {1.0, 2.0, 1.5, 1.0}}};
  p.uprights = {{100, "grokking at 100"}, {99999, "beyond"}};
  const std::string script = script_of(p);
  EXPECT_NE(script.find("set logscale x"), std::string::npos);
  EXPECT_NE(script.find("set xtics ('0' 3.33333333, '10' 10, '100' 100, '1k' 1000, '10k' 10000)"), std::string::npos)
      << script;
  EXPECT_NE(script.find("\n3.33333333 1\n10 2\n"), std::string::npos) << "the first step is drawn";
  EXPECT_EQ(count(script, "set arrow from first 100, graph 0"), 1u);
  EXPECT_EQ(script.find("first 99999"), std::string::npos);
  const auto drawn = draw_figure({"steps", "", 1, {p}}, "gnuplot");
  EXPECT_TRUE(drawn.ok()) << drawn.error().message();
}

TEST(Script, LayersAreWholeNumbers) {
  Panel p = {.kind = PanelKind::kLines};
  p.series = {{.y = {1.0, 2.0, 1.5, 1.0}}};
  EXPECT_NE(script_of(p).find("set xtics 1\n"), std::string::npos);
  p.series[0].x = {0.0, 0.5, 1.0, 1.5};
  EXPECT_EQ(script_of(p).find("set xtics 1\n"), std::string::npos);
}

TEST(Script, WhatCannotBeNegativeDoesNotSeemToBe) {
  Panel p = {.kind = PanelKind::kLines};
  p.series = {{.y = {0.0, 20.0}}};
  EXPECT_NE(script_of(p).find("set yrange [0:"), std::string::npos);
  p.series = {{.y = {-1.0, 20.0}}};
  EXPECT_NE(script_of(p).find("set yrange [-"), std::string::npos);
}

TEST(Script, WhatLiesBeyondTheAxisIsCounted) {
  Panel p = {.kind = PanelKind::kLines};
  p.series = {{.y = {1.0, 2.0, 3.0}}};
  EXPECT_EQ(script_of(p).find("beyond"), std::string::npos);
  p.y_range = {1.5, 2.5};
  EXPECT_NE(script_of(p).find("'2 beyond the axis'"), std::string::npos);
  p.series[0].x = {std::nullopt, 1.0, std::nullopt};
  EXPECT_EQ(script_of(p).find("beyond"), std::string::npos) << "what has no place is missing";
  p = every_panel()[9];
  p.series[0].y.assign(200, 0.5);
  for (int i = 0; i < 200; ++i) p.series[0].x.emplace_back(i);
  p.series[0].y[7] = 1e9;
  EXPECT_NE(script_of(p).find("'1 beyond the axis'"), std::string::npos);
}

TEST(Script, AMissingNumberEndsALine) {
  Panel p = {.kind = PanelKind::kLines};
  p.series = {{.y = {1.0, 2.0, std::nullopt, INFINITY, 3.0}}};
  EXPECT_NE(script_of(p).find("$pp0 << EOD\n0 1\n1 2\n\n\n4 3\nEOD"), std::string::npos);
}

TEST(Script, ALogarithmicAxisLeavesOutWhatIsNotAboveZero) {
  Panel p = {.kind = PanelKind::kLines, .log_y = true};
  p.series = {{.y = {10.0, 0.0, -1.0, 1000.0}}};
  EXPECT_NE(script_of(p).find("$pp0 << EOD\n0 10\n\n\n3 1000\nEOD"), std::string::npos);
}

TEST(Script, ColoursAreThePalettesByNameAndPlace) {
  EXPECT_EQ(palette_color("vermillion", 0), "#D55E00");
  EXPECT_EQ(palette_color("", 0), "#0072B2");
  EXPECT_EQ(palette_color("'; system 'x", 1), "#D55E00");
  EXPECT_EQ(palette_color("", 8), palette_color("", 0));
}

TEST(Names, CoverNeitherPointsNorEachOther) {
  std::vector<NamedPoint> points;
  for (int i = 0; i < 6; ++i) points.push_back({100.0 + 3 * i, 100.0 + 9 * (i % 2), "name", 30, 0});
  const auto places = place_names(points, 10, {400, 300});
  ASSERT_EQ(places.size(), points.size());
  const auto left = [&](std::size_t i) {
    const double x = points[i].x + places[i].dx;
    if (places[i].justify == PlacedName::Side::kLeft) return x;
    return places[i].justify == PlacedName::Side::kRight ? x - 30 : x - 15;
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool apart =
          std::abs(left(i) - left(j)) >= 30 || std::abs(points[i].y + places[i].dy - points[j].y - places[j].dy) >= 10;
      EXPECT_TRUE(apart) << i << " " << j;
    }
  }
}

TEST(Names, StayInside) {
  const auto places = place_names({{398, 150, "name", 30, 0}, {200, 298, "name", 30, 0}}, 10, {400, 300});
  EXPECT_EQ(places[0].justify, PlacedName::Side::kRight);
  EXPECT_LT(places[1].dy, 0);
}

TEST(Multiverse, TheCurveIsInOrderAndTheMapHoldsEveryUniverse) {
  const ExperimentResult r = large_result();
  const auto figures = multiverse_figures(r, r.verdicts[0]);
  ASSERT_EQ(figures.size(), 2u);
  const Panel& curve = figures[0].panels[0];
  std::vector<double> by_rank(984);
  for (const Series& s : curve.series) {
    for (std::size_t i = 0; i < s.x.size(); ++i) by_rank.at(static_cast<std::size_t>(*s.x[i])) = *s.y[i];
  }
  EXPECT_TRUE(std::is_sorted(by_rank.begin(), by_rank.end()));
  EXPECT_EQ(curve.rows.size(), 6u + 7 + 4 + 6 + 3);
  std::size_t marks = 0;
  for (const auto& row : curve.marks) marks += row.size();
  EXPECT_EQ(marks, 4u * 984) << "every universe makes four choices";
  const Panel& map = figures[1].panels[0];
  EXPECT_EQ(map.rows.size() * map.categories.size(), 1008u);
  std::size_t own = 0, missing = 0;
  for (const Series& s : map.series) {
    for (const auto& y : s.y) {
      missing += y ? 0 : 1;
      own += y && *y == 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(missing, 1008u - r.verdicts[0].multiverse.evaluated);
  EXPECT_EQ(own, r.verdicts[0].multiverse.agreeing);
  EXPECT_EQ(map.marked, (std::pair<std::size_t, std::size_t>{6, 0})) << "penultimate block, all prompts; last, mean";
}

TEST(Multiverse, WithoutAVerdictThereIsNoPicture) {
  const ExperimentResult r = small_result();
  EXPECT_TRUE(multiverse_figures(r, r.verdicts[1]).empty());
}

}  // namespace
}  // namespace sg
