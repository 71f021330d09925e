// Figures as SVG, and the program that makes bitmaps of them.
#include "report/figure/figure.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "made_up.h"
#include "report/figure/bitmap.h"
#include "report/figure/label_placement.h"
#include "report/figure/look.h"
#include "report/figure/multiverse_figures.h"
#include "xml_check.h"

namespace sg {
namespace {

std::string svg_of(const Panel& panel) { return draw_panel(panel, "p-").body; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// A text as an element of its own.
bool says(const std::string& svg, const std::string& text) {
  return svg.find(">" + text + "</text>") != std::string::npos;
}

Chart lines(std::vector<std::optional<double>> y) {
  Chart c = {.kind = ChartKind::kLines};
  c.series = {{.label = "s", .y = std::move(y)}};
  return c;
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
    const DrawnFigure drawn = draw_figure({.stem = "one", .title = "A title", .columns = 1, .panels = {panel}});
    EXPECT_EQ(xml_error(drawn.svg), "") << drawn.svg;
    ASSERT_EQ(drawn.panels.size(), 1u);
    EXPECT_EQ(xml_error(drawn.panels[0]), "");
    EXPECT_TRUE(says(drawn.svg, "A title"));
    EXPECT_FALSE(says(drawn.panels[0], "A title")) << "the page says it";
    EXPECT_EQ(draw_figure({.stem = "one", .title = "A title", .columns = 1, .panels = {panel}}).svg, drawn.svg);
    const auto png = bitmap_of(drawn.svg, {});
    ASSERT_TRUE(png.ok()) << png.error().message();
    EXPECT_EQ(png.value().substr(0, 8), "\x89PNG\r\n\x1a\n");
  }
}

TEST(Figure, PanelsOfAPageHaveNoBackgroundAndTheirOwnIds) {
  const auto panels = every_panel();
  const DrawnFigure drawn = draw_figure({.stem = "two", .panels = {panels[1], panels[5]}});
  EXPECT_NE(drawn.svg.find("fill=\"#ffffff\""), std::string::npos);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string& svg = drawn.panels[i];
    EXPECT_EQ(svg.find("fill=\"#ffffff\""), std::string::npos);
    EXPECT_EQ(svg.find(kInk), std::string::npos) << "ink is the page's";
    EXPECT_NE(svg.find("class=\"gf\""), std::string::npos);
    const std::string own = "id=\"two-" + std::to_string(i) + "-";
    EXPECT_GT(count(svg, own), 0u);
    EXPECT_EQ(count(svg, " id=\""), count(svg, own));
    EXPECT_EQ(count(svg, "url(#"), count(svg, "url(#two-" + std::to_string(i) + "-"));
  }
}

TEST(Figure, NothingToDrawIsAFrame) {
  for (const ChartKind kind : {ChartKind::kBars, ChartKind::kScatter, ChartKind::kLines}) {
    Chart empty = {.kind = kind, .title = "nothing"};
    EXPECT_TRUE(says(svg_of(empty), "no values"));
    empty.categories = {"a", "b"};
    empty.series = {{.label = "s", .x = {std::nullopt, NAN}, .y = {std::nullopt, INFINITY}, .error = {NAN, 1.0}}};
    empty.log_y = true;
    empty.reference = 1.0;
    EXPECT_TRUE(says(svg_of(empty), "no values")) << static_cast<int>(kind);
  }
  EXPECT_EQ(xml_error("<g>" + svg_of(HeatMap{}) + "</g>"), "");
  EXPECT_EQ(xml_error("<g>" + svg_of(HeatMap{.columns = {"a"}, .rows = {"r"}}) + "</g>"), "");
  EXPECT_TRUE(says(svg_of(SpecificationCurve{}), "no values"));
}

/// Whatever the numbers are, a picture is small and what it draws lies at numbers.
RC_GTEST_PROP(Figure, AnyNumbersGiveAPicture, (const std::vector<double>& given, bool log_x, bool log_y)) {
  constexpr double kOdd[] = {1e308, -1e308, 5e-324, 1e-300, 0, 1e290, 1, std::numeric_limits<double>::max()};
  Series s = {.label = "s", .points = true};
  for (std::size_t i = 0; i < given.size(); ++i) {
    s.y.emplace_back(i % 2 == 0 ? kOdd[(i + given.size()) % std::size(kOdd)] : given[i]);
    s.x.emplace_back(i % 3 == 0 ? kOdd[i % std::size(kOdd)] : given[i]);
    s.error.emplace_back(given[given.size() - 1 - i]);
  }
  for (const ChartKind kind : {ChartKind::kBars, ChartKind::kScatter, ChartKind::kLines}) {
    Chart c = {.kind = kind, .reference = 1.0, .log_x = log_x, .log_y = log_y, .value_format = "{:.2f}"};
    c.categories.resize(s.y.size());
    c.series = {s};
    c.fit = FittedLine{1e300, -1e300, "f"};
    const std::string svg = svg_of(c);
    RC_ASSERT(xml_error("<g>" + svg + "</g>").empty());
    RC_ASSERT(svg.find("nan") == std::string::npos && svg.find("inf ") == std::string::npos);
    RC_ASSERT(svg.size() < 20000 + 1000 * s.y.size());
  }
}

TEST(Figure, AnyTextIsShownAsItIs) {
  for (const char* text : {"'''", "'", "\"", "a & b", "it's", "]]>", "%d", "\\n", "$(x)"}) {
    Chart c = {.kind = ChartKind::kBars, .title = text, .categories = {text}};
    c.series = {{.y = {1.0}}};
    const DrawnFigure drawn = draw_figure({.stem = "s", .title = text, .panels = {c}});
    EXPECT_EQ(xml_error(drawn.svg), "") << text;
    EXPECT_EQ(count(drawn.svg, ">" + xml_text(text) + "</text>"), 3u) << text;
    EXPECT_TRUE(bitmap_of(drawn.svg, {}).ok()) << text;
  }
  EXPECT_EQ(xml_text("\xEF\xBF\xBE\xEF\xBF\xBF\x01"), "\xEF\xBF\xBD\xEF\xBF\xBD\\x01");
}

TEST(Figure, FileNamesArePlainAndDistinct) {
  EXPECT_EQ(figure_stem("H25-map"), "H25-map");
  EXPECT_EQ(figure_stem("../a b/$(c)"), "_._a_b___c_");
  EXPECT_EQ(figure_stem(""), "figure");
  EXPECT_LE(figure_stem(std::string(1000, 'a')).size(), 100u);
  std::vector<Picture> pictures(4);
  pictures[0].stem = pictures[1].stem = "a";
  pictures[2].stem = "a-2";
  pictures[3].stem = "A";
  make_distinct(pictures);
  EXPECT_EQ(pictures[0].stem, "a");
  EXPECT_EQ(pictures[1].stem, "a-2");
  EXPECT_EQ(pictures[2].stem, "a-2-2");
  EXPECT_EQ(pictures[3].stem, "A-3");
}

TEST(Bitmap, AProgramThatFailsIsAnError) {
  EXPECT_FALSE(bitmap_of("no svg", {}).ok());
  EXPECT_FALSE(bitmap_of("", {.name = "/nowhere/rsvg"}).ok());
  EXPECT_FALSE(bitmap_of("", {.name = "true"}).ok()) << "nothing is no bitmap";
}

TEST(Bitmap, AProgramThatTakesTooLongIsEnded) {
  namespace fs = std::filesystem;
  const fs::path program = fs::temp_directory_path() / ("sg-slow-" + std::to_string(::getpid()));
  std::ofstream(program) << "#!/bin/sh\nexec sleep 60\n";
  fs::permissions(program, fs::perms::owner_all);
  const auto start = std::chrono::steady_clock::now();
  const auto png = bitmap_of("", {.name = program.string(), .limit = std::chrono::milliseconds(30)});
  const std::atomic<bool> stop{true};
  const auto stopped = bitmap_of("", {.name = program.string(), .stop = &stop});
  fs::remove(program);
  ASSERT_FALSE(png.ok());
  EXPECT_NE(png.error().message().find("took too long"), std::string::npos) << png.error().message();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Bars, StandInGroupsOrAlone) {
  Chart c = {.kind = ChartKind::kBars, .categories = {"a", "b"}};
  c.series = {{.label = "one", .y = {1.0, 2.0}}, {.label = "two", .y = {3.0, std::nullopt}}};
  const std::string beside = svg_of(c);
  EXPECT_EQ(count(beside, "z\" fill=\"#0072B2\"/>"), 2u) << "the bars as one path, the legend's sample";
  c.series[1].y = {std::nullopt, 3.0};
  c.series[0].y = {1.0, std::nullopt};
  EXPECT_NE(svg_of(c), beside);
}

TEST(Bars, HaveTheirMarks) {
  const std::string svg = svg_of(small_result().figures[0].charts[0]);
  for (const char* text : {"1.25x", "0.75x", "G = 1", "A-1"}) EXPECT_TRUE(says(svg, text)) << text;
  EXPECT_EQ(count(svg, "stroke-dasharray=\"8 5\""), 2u) << "the line across and its sample";
  Chart huge = small_result().figures[0].charts[0];
  huge.series[0].y = {1e308, 2.0};
  EXPECT_TRUE(says(svg_of(huge), "1.00e+308")) << "not 309 digits";
}

/// What tells two series apart when colours are gone.
TEST(Look, SeriesDifferWithoutColour) {
  EXPECT_EQ(count(svg_of(every_panel()[3]), "<pattern"), 1u) << "the second bars are hatched";
  Chart c = lines({1.0, 2.0});
  c.series.push_back(c.series[0]);
  EXPECT_EQ(count(svg_of(c), "stroke-dasharray=\"9 3\""), 2u) << "the second line is dashed, as its sample";
  for (std::size_t a = 0; a < 5; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_NE(dash_at(a), dash_at(b));
      EXPECT_NE(fill_at("", a).hatch, fill_at("", b).hatch);
      EXPECT_NE(mark_path(a, {0, 0}, 4), mark_path(b, {0, 0}, 4));
    }
  }
}

TEST(Look, ColoursAreThePalettesByNameRoleAndPlace) {
  EXPECT_EQ(palette_color("vermillion", 0), "#D55E00");
  EXPECT_EQ(palette_color("", 0), "#0072B2");
  EXPECT_EQ(palette_color("'; system 'x", 1), "#D55E00");
  EXPECT_EQ(palette_color("", 8), palette_color("", 0));
  EXPECT_EQ(color_of({.role = SeriesRole::kFails}, 0), "#D55E00");
  EXPECT_EQ(color_of({.color = "green", .role = SeriesRole::kFails}, 0), "#009E73");
}

TEST(Points, TrainingStepsFromZeroOnALogarithmicAxis) {
  Chart c = {.kind = ChartKind::kLines, .log_x = true};
  c.series = {{.label = "gain", .x = {0.0, 10.0, 100.0, 11000.0}, .y = {1.0, 2.0, 1.5, 1.0}}};
  c.uprights = {{100, "grokking at 100"}, {99999, "beyond"}};
  const std::string svg = svg_of(c);
  for (const char* text : {"0", "10", "100", "1k", "10k", "grokking at 100"}) EXPECT_TRUE(says(svg, text)) << text;
  EXPECT_EQ(count(svg, "stroke-dasharray=\"1.5 3\""), 2u) << "the line and its sample";
  EXPECT_EQ(count(svg, "stroke-dasharray=\"4 2 1 2\""), 1u) << "one beyond the axis has its sample alone";
}

TEST(Points, LayersAreWholeNumbers) {
  EXPECT_FALSE(says(svg_of(lines({1.0, 2.0, 1.5})), "0.2"));
  Chart halves = lines({1.0, 2.0, 1.5});
  halves.series[0].x = {0.0, 0.5, 1.0};
  EXPECT_TRUE(says(svg_of(halves), "0.2"));
}

TEST(Points, WhatLiesBeyondTheAxisIsCounted) {
  Chart c = lines({1.0, 2.0, 3.0});
  EXPECT_EQ(svg_of(c).find("beyond"), std::string::npos);
  c.y_range = {1.5, 2.5};
  EXPECT_TRUE(says(svg_of(c), "2 beyond the axis"));
  c.series[0].x = {std::nullopt, 1.0, std::nullopt};
  EXPECT_EQ(svg_of(c).find("beyond"), std::string::npos) << "what has no place is missing";
  SpecificationCurve curve = {.conclusions = {{"x", {}}}};
  for (std::size_t i = 0; i < 200; ++i) curve.conclusions[0].estimates.push_back({i, i == 7 ? 1e9 : -0.5});
  EXPECT_TRUE(says(svg_of(curve), "1 beyond the axis"));
}

TEST(Points, AMissingNumberEndsALine) {
  const auto starts = [](const std::string& svg) {
    const std::size_t at = svg.find("<g clip-path");
    return count(svg.substr(at, svg.find("</g>", at) - at), "M");
  };
  EXPECT_EQ(starts(svg_of(lines({1.0, 2.0, 3.0}))), 1u);
  EXPECT_EQ(starts(svg_of(lines({1.0, 2.0, std::nullopt, INFINITY, 3.0, 4.0}))), 2u);
  Chart c = lines({10.0, 0.0, -1.0, 1000.0});
  EXPECT_EQ(starts(svg_of(c)), 1u);
  c.log_y = true;
  EXPECT_EQ(starts(svg_of(c)), 2u) << "what is not above 0 has no place on a logarithmic axis";
}

TEST(Curve, RatiosThatSpanDecadesAreDrawnOnALogarithmicScale) {
  SpecificationCurve c = {.reference = 1.0, .conclusions = {{"x", {{0, 0.05}, {1, 1.2}, {2, 1700.0}}}}};
  EXPECT_TRUE(says(svg_of(c), "100"));
  EXPECT_TRUE(says(svg_of(c), "0.1"));
  c.reference = -1.0;
  EXPECT_FALSE(says(svg_of(c), "0.1")) << "a line below 0 has no place there";
}

TEST(Names, CoverNeitherPointsNorEachOther) {
  std::vector<NamedPoint> points;
  for (int i = 0; i < 6; ++i) points.push_back({100.0 + 3 * i, 100.0 + 9 * (i % 2), "name", 30, 0});
  const auto places = place_names(points, 10, {400, 300});
  ASSERT_EQ(places.size(), points.size());
  const auto left = [&](std::size_t i) {
    const double x = points[i].x + places[i].dx;
    if (places[i].anchor == Anchor::kStart) return x;
    return places[i].anchor == Anchor::kEnd ? x - 30 : x - 15;
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
  const auto places = place_names({{398, 150, "name", 30, 0}, {200, 2, "name", 30, 0}}, 10, {400, 300});
  EXPECT_EQ(places[0].anchor, Anchor::kEnd);
  EXPECT_GT(places[1].dy, 0);
}

TEST(Multiverse, TheCurveIsInOrderAndTheMapHoldsEveryUniverse) {
  const ExperimentResult r = large_result();
  const auto figures = multiverse_figures(r, 0);
  ASSERT_EQ(figures.size(), 2u);
  const auto& curve = std::get<SpecificationCurve>(figures[0].panels[0]);
  std::vector<double> by_rank(984);
  for (const auto& conclusion : curve.conclusions) {
    for (const auto& estimate : conclusion.estimates) by_rank.at(estimate.rank) = estimate.value;
  }
  EXPECT_TRUE(std::is_sorted(by_rank.begin(), by_rank.end()));
  EXPECT_EQ(curve.choices.size(), 6u + 7 + 4 + 6 + 3);
  std::size_t marks = 0;
  for (const auto& choice : curve.choices) marks += choice.ranks.size();
  EXPECT_EQ(marks, 4u * 984) << "every universe makes four choices";
  const auto& map = std::get<HeatMap>(figures[1].panels[0]);
  EXPECT_EQ(map.rows.size() * map.columns.size(), 1008u);
  std::size_t own = 0, missing = 0;
  for (const auto& row : map.cells) {
    for (const auto& cell : row) {
      missing += cell ? 0 : 1;
      own += cell && *cell == 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(missing, 1008u - r.verdicts[0].multiverse.evaluated);
  EXPECT_EQ(own, r.verdicts[0].multiverse.agreeing);
  EXPECT_EQ(map.marked, (std::pair<std::size_t, std::size_t>{6, 0})) << "penultimate block, all prompts; last, mean";
}

TEST(Multiverse, WithoutAVerdictThereIsNoPicture) { EXPECT_TRUE(multiverse_figures(small_result(), 1).empty()); }

}  // namespace
}  // namespace sg
