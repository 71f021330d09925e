// The table of fields: it names every member of every row type, once.
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "measure/row.h"
#include "streamgauge/weight_fields.h"

namespace sg {
namespace {

struct Anything {
  template <class T>
  operator T() const {  // NOLINT(google-explicit-constructor)
    throw std::logic_error("asked for in unevaluated operands alone");
  }
};

/// Members of an aggregate: how many initializers it takes.
template <class Row, class... Members>
consteval std::size_t members() {
  if constexpr (requires { Row{Members()..., Anything()}; }) {
    return members<Row, Members..., Anything>();
  } else {
    return sizeof...(Members);
  }
}

template <class Row>
std::size_t stored_fields() {
  std::size_t count = 0;
  Row row;
  std::set<std::string> keys;
  each_field(row, [&]<class T>(const RowField& field, T&&) {
    count += std::is_same_v<std::remove_cvref_t<T>, Derived> ? 0 : 1;
    EXPECT_TRUE(keys.insert(field.key).second) << field.key;
  });
  return count;
}

template <class Row>
void expect_whole() {
  EXPECT_EQ(stored_fields<Row>(), members<Row>()) << __PRETTY_FUNCTION__;
}

TEST(Fields, EveryMemberHasOne) {
  expect_whole<Sequence>();
  expect_whole<SiteNorms>();
  expect_whole<SiteDots>();
  expect_whole<TopToken>();
  expect_whole<LogitStats>();
  expect_whole<Massive>();
  expect_whole<FirstTokenShare>();
  expect_whole<LensRow>();
  expect_whole<RoutingRow>();
  expect_whole<ExpertLoad>();
  expect_whole<SuperExpert>();
  expect_whole<TargetRow>();
  expect_whole<SequenceMeasurement>();
  expect_whole<RopeFacts>();
  expect_whole<ModelFacts>();
  expect_whole<EngineFacts>();
  expect_whole<streamgauge::NonFinite>();
  expect_whole<streamgauge::PowerLaw>();
  expect_whole<streamgauge::Spectrum>();
  expect_whole<streamgauge::Amplification>();
  expect_whole<streamgauge::WeightRow>();
  expect_whole<streamgauge::WeightsReport>();
  EXPECT_EQ(stored_fields<streamgauge::MatrixStatistics>() + 2, members<streamgauge::MatrixStatistics>())
      << "all but rows and cols, which are those of its WeightRow";
}

}  // namespace
}  // namespace sg
