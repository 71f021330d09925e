// The public library: what its rows hold is what its JSON document says, field by field; errors come back as values.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "api_support.h"

namespace streamgauge {
namespace {

using Json = nlohmann::json;

/// Every number, text and list of a row against the object of the document.
struct Same {
  const Json& object;

  void operator()(const RowField& field, const Derived& derived) const { (*this)(field, derived.value); }
  template <class T>
  void operator()(const RowField& field, const T& value) const {
    const Json& here = *field.key == '\0' ? object : object.contains(field.key) ? object.at(field.key) : kNone;
    expect(field, value, here);
  }

 private:
  static inline const Json kNone = nullptr;

  template <FieldRow Row>
  static void expect(const RowField&, const Row& row, const Json& here) {
    each_field(row, Same{here});
  }
  template <class T>
  static void expect(const RowField& field, const std::optional<T>& value, const Json& here) {
    const bool none = here.is_null() || (here.is_object() && here.empty());  // {}: columns of a prompt that has none
    EXPECT_EQ(value.has_value(), !none) << field.key;
    if (value) expect(field, *value, here);
  }
  template <FieldRow Row>
  static void expect(const RowField& field, const std::vector<Row>& rows, const Json& here) {
    ASSERT_EQ(rows.size(), here.size()) << field.key;
    for (std::size_t i = 0; i < rows.size(); ++i) expect(field, rows[i], here.at(i));
  }
  static void expect(const RowField& field, const LayerTable& table, const Json& here) {
    ASSERT_EQ(table.empty() ? 0 : table.layers, here.size()) << field.key;
    for (std::size_t l = 0; l < here.size(); ++l) {
      EXPECT_EQ(std::vector<double>(table.row(l), table.row(l) + table.tokens), here.at(l)) << field.key;
    }
  }
  template <class T>
  static void expect(const RowField& field, const T& value, const Json& here) {
    if constexpr (FieldRow<T>) {
      each_field(value, Same{here});
    } else {
      EXPECT_EQ(Json(value), here) << field.key;
    }
  }
};

class Api : public testing::TestWithParam<const char*> {};

TEST_P(Api, RowsAreThoseOfTheDocument) {
  const Model model = golden(GetParam());
  MeasureOptions options;
  options.logits = LogitPositions::kAll;
  const auto measured = model.measure(kPrompts, options);
  ASSERT_TRUE(measured) << measured.error().message();
  const Json document = Json::parse(measured->json());
  each_field(measured->rows().engine, Same{document.at("engine")});
  each_field(measured->model(), Same{document.at("model")});
  each_field(model.facts(), Same{document.at("model")});
  ASSERT_EQ(measured->sequences().size(), kPrompts.size());
  for (std::size_t s = 0; s < kPrompts.size(); ++s) {
    const SequenceMeasurement& m = measured->sequences()[s];
    const Json& sequence = document.at("sequences").at(s);
    EXPECT_EQ(m.sequence.ids, kPrompts[s].ids);
    EXPECT_EQ(m.logits.size(), kPrompts[s].ids.size());
    EXPECT_EQ(m.massive.size(), model.facts().n_layers);
    each_field(m.sequence, Same{sequence});
    each_field(m.norms, Same{sequence.at("norms")});
    each_field(m.dots, Same{sequence.at("dots")});
    const Json lists = {{"logits", sequence.at("logits")}, {"massive", sequence.at("massive")}};
    Same{lists}(RowField{"logits"}, m.logits);
    Same{lists}(RowField{"massive"}, m.massive);
  }
}
INSTANTIATE_TEST_SUITE_P(Families, Api, testing::Values("llama-deep", "gpt-neox-parallel", "gpt2-tied"));

TEST(Api, GainsAreRatiosOfTheNorms) {
  const auto measured = golden("llama-deep").measure({{.text = "", .ids = {3, 1, 4}}});
  ASSERT_TRUE(measured);
  const SequenceMeasurement& m = measured->sequences()[0];
  const LayerTable& post = m.norms.resid_post;
  const auto gain = measured->gain("last/last_block");
  ASSERT_TRUE(gain) << gain.error().message();
  EXPECT_EQ(gain->value, post.at(post.layers - 1, 2) / post.at(post.layers - 2, 2));
  EXPECT_EQ(gain->used, 1u);
  const auto ladder = measured->ladder("last");
  ASSERT_TRUE(ladder) << ladder.error().message();
  ASSERT_EQ(ladder->size(), post.layers);
  EXPECT_EQ(ladder->at(1).at(0), post.at(1, 2) / m.norms.resid_pre.at(1, 2));
  EXPECT_EQ(measured->gain("none").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(measured->ladder("none").error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(definitions().empty());
}

TEST(Api, WeightsWithTheirSpectra) {
  WeightsOptions options;
  options.full_spectrum = true;
  const auto weights = golden("llama-deep").weights(options);
  if (!weights && weights.error().message().find("LAPACK") != std::string::npos) GTEST_SKIP() << "no LAPACK here";
  ASSERT_TRUE(weights) << weights.error().message();
  ASSERT_FALSE(weights->matrices.empty());
  for (const WeightRow& row : weights->matrices) {
    ASSERT_TRUE(row.statistics && row.statistics->spectrum);
    const Spectrum& spectrum = *row.statistics->spectrum;
    double sum = 0, squares = 0;
    for (const double sigma : spectrum.singular_values) {
      sum += sigma;
      squares += sigma * sigma;
    }
    EXPECT_EQ(spectrum.nuclear_norm, sum);
    EXPECT_NEAR(std::sqrt(squares), row.statistics->frobenius_norm, 1e-6 * sum);
    EXPECT_NEAR(spectrum.singular_values.front(), row.statistics->spectral_norm, 1e-6 * sum);
  }
}

TEST(Api, ExtractedRowsHaveTheMeasuredNorms) {
  const Model model = golden("llama-deep");
  ExtractOptions options;
  options.sites = {"resid_post", "embed"};
  options.layers = {1};
  const auto extracted = model.extract(kPrompts, options);
  ASSERT_TRUE(extracted) << extracted.error().message();
  const auto measured = model.measure(kPrompts);
  ASSERT_TRUE(measured);
  ASSERT_EQ(extracted->places.size(), 2u);
  EXPECT_EQ(extracted->places[0].name, "hook_embed");
  EXPECT_EQ(extracted->places[1].name, "blocks.1.hook_resid_post");
  ASSERT_EQ(extracted->rows.size(), 7u);
  for (std::size_t r = 0; r < extracted->rows.size(); ++r) {
    const auto [sequence, position, id] = extracted->rows[r];
    EXPECT_EQ(id, kPrompts[sequence].ids[position]);
    double squares = 0;
    for (std::size_t i = 0; i < extracted->width; ++i) {
      const double x = extracted->places[1].values[r * extracted->width + i];
      squares += x * x;
    }
    const double norm = measured->sequences()[sequence].norms.resid_post.at(1, position);
    EXPECT_NEAR(std::sqrt(squares), norm, 1e-12 * norm);  // sums of double in another order
  }
}

TEST(Api, ExtractRefusesWhatIsNotThere) {
  const Model model = golden("llama-deep");
  ExtractOptions options;
  EXPECT_EQ(model.extract(kPrompts, options).error().kind, ErrorKind::kUsage);
  options.sites = {"residual"};
  EXPECT_EQ(model.extract(kPrompts, options).error().kind, ErrorKind::kUsage);
  options.sites = {"resid_post"};
  options.layers = {99};
  EXPECT_EQ(model.extract(kPrompts, options).error().kind, ErrorKind::kUsage);
  options.layers = {};
  options.positions = {99};
  EXPECT_FALSE(model.extract(kPrompts, options));
  options.last_only = true;
  ASSERT_TRUE(model.extract(kPrompts, options));
  EXPECT_EQ(model.extract(kPrompts, options)->rows.size(), kPrompts.size());
}

TEST(Api, AMeasurementIsReadBackAsItWas) {
  MeasureOptions options;
  options.lens = LogitPositions::kLast;
  options.massive_multiple = 2;
  const auto measured = golden("llama-deep").measure(kPrompts, options);
  ASSERT_TRUE(measured);
  EXPECT_FALSE(measured->sequences()[0].lens.empty());
  const auto again = Measurement::read(measured->json(), "the test");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->json(), measured->json());
  EXPECT_FALSE(Measurement::read("{}", "the test"));
  const auto gains = measured->gains_json("notebook-003");
  ASSERT_TRUE(gains) << gains.error().message();
  EXPECT_EQ(Json::parse(*gains).at("definitions").at(0).at("gain"), *measured->gain("notebook-003")->value);
  EXPECT_EQ(measured->gains_json("none").error().kind, ErrorKind::kUsage);
}

TEST(Api, TheSharesOfABlockAddUp) {
  const auto measured = golden("llama-deep").measure(kPrompts);
  ASSERT_TRUE(measured);
  const auto growth = measured->growth(0, 1, 2);
  ASSERT_TRUE(growth && growth->attention && growth->mlp);
  const SiteNorms& norms = measured->sequences()[0].norms;
  const double ratio = norms.resid_post.at(1, 2) / norms.resid_pre.at(1, 2);
  EXPECT_NEAR(1 + *growth->attention + *growth->mlp, ratio * ratio, 1e-5 * ratio * ratio);  // float32's rounding
  EXPECT_EQ(measured->growth(2, 0, 0).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(measured->growth(0, 99, 0).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(measured->growth(0, 0, 5).error().kind, ErrorKind::kUsage);
}

TEST(Api, AModelComparedWithItselfDiffersNowhere) {
  const Model model = golden("llama-deep");
  const auto text = model.compare_json({model}, kPrompts);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(Json::parse(*text).at("schema"), "streamgauge.comparison/1");
  EXPECT_FALSE(model.compare_json({golden("gpt2-tied")}, kPrompts));
}

TEST(Api, AmplificationIsTheNormTimesTheGain) {
  const Model model = golden("llama-deep");
  auto weights = model.weights();
  const auto measured = model.measure(kPrompts);
  ASSERT_TRUE(weights && measured);
  WeightsReport& report = weights.value();
  EXPECT_EQ(amplify(report, "none", *measured).error().kind, ErrorKind::kUsage);
  ASSERT_TRUE(amplify(report, "notebook-003", *measured));
  ASSERT_TRUE(report.amplification);
  EXPECT_EQ(report.amplification->gain, *measured->gain("notebook-003")->value);
  EXPECT_EQ(Json::parse(weights_json(report)).at("schema"), "streamgauge.weights/1");
}

TEST(Api, WhatIsBuiltIn) {
  EXPECT_FALSE(suites().empty());
  for (const PromptSuite& suite : suites()) EXPECT_FALSE(suite.prompts.empty()) << suite.name;
  EXPECT_FALSE(families().empty());
  for (const FamilyFacts& family : families()) EXPECT_FALSE(family.model_types.empty()) << family.name;
}

TEST(Api, LinesAreDrawnAndMissingPointsAreGaps) {
  const double nan = std::nan("");
  const LineFigure figure = {.title = "Norms <1>",
                             .x_title = "layer",
                             .y_title = "norm",
                             .lines = {{.label = "a", .x = {0, 1, 2}, .y = {1, nan, 3}}}};
  const std::string svg = line_figure_svg(figure);
  EXPECT_TRUE(svg.starts_with("<")) << svg.substr(0, 80);
  EXPECT_NE(svg.find("Norms &lt;1&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg, line_figure_svg(figure));
}

TEST(Api, BadInputComesBackAsAnError) {
  EXPECT_EQ(Model::open(SG_TEST_DATA "/none").error().kind, ErrorKind::kBadInput);
  const Model model = golden("llama-deep");
  EXPECT_EQ(model.measure({}).error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(model.measure({{.text = "", .ids = {}}}));
  EXPECT_FALSE(model.measure({{.text = "", .ids = {1 << 30}}}));
  EXPECT_FALSE(model.tokenize("a"));
  const auto failed = model.measure({{.text = "", .ids = {-1}}});
  EXPECT_THROW((void)failed.value(), std::logic_error);
}

}  // namespace
}  // namespace streamgauge
