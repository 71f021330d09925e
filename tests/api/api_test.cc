// The public library: what its rows hold is what its JSON document says, field by field; errors come back as values.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "streamgauge/streamgauge.h"

namespace streamgauge {
namespace {

using Json = nlohmann::json;

Model golden(const std::string& name) {
  auto model = Model::open(SG_TEST_DATA "/golden/" + name);
  if (!model) throw std::runtime_error(model.error().message());
  return std::move(model).value();
}

const std::vector<Prompt> kPrompts = {{.text = "", .ids = {3, 1, 4, 1, 5}}, {.text = "", .ids = {9, 2}}};

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
    EXPECT_EQ(value.has_value(), !here.is_null()) << field.key;
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
