#include "report/text/value_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/document/experiment_tables.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

TEST(ValueText, FollowsTheFormat) {
  EXPECT_EQ(number_text(1.23456, "{:.2f}x"), "1.23x");
  EXPECT_EQ(number_text(0.8, "{:.0%}"), "80%");
  EXPECT_EQ(number_text(0.0471, "{:.4e}"), "4.7100e-02");
  EXPECT_EQ(number_text(500000, "{:,}"), "500,000");
  EXPECT_EQ(number_text(-1234567.5, "{:,.1f}"), "-1,234,567.5");
  EXPECT_EQ(number_text(128, "{:d}"), "128");
  EXPECT_EQ(number_text(1.119, ""), "1.119");
  EXPECT_EQ(number_text(INFINITY, "{:.2f}"), "inf");
  for (const char* wrong : {"{:s}", "{}{}", "{", "}", "{:.2q}", "{name}"})
    EXPECT_EQ(number_text(1.5, wrong), "1.500") << wrong;
}

TEST(ValueText, ANumberIsNotShownAsZero) {
  EXPECT_EQ(number_text(0.00294, "{:.2f}x"), "0.0029x");
  EXPECT_EQ(number_text(-1.2e-7, "{:.3f}"), "-1.2e-07");
  EXPECT_EQ(number_text(0.012, "{:.2f}"), "0.01");
  EXPECT_EQ(number_text(0.0, "{:.2f}"), "0.00");
  EXPECT_EQ(number_text(0.2, "{:.0f}"), "0");
  EXPECT_EQ(number_text(0.001, "{:.0%}"), "0%");
  EXPECT_EQ(number_text(0.0001, "{:.1%}"), "0.01%");
}

TEST(ValueText, OfEveryKind) {
  EXPECT_EQ(value_text(Absent{"why"}, ""), kNoValue);
  EXPECT_EQ(value_text(true, ""), "yes");
  EXPECT_EQ(value_text(std::int64_t{128000}, ""), "128,000");
  EXPECT_EQ(value_text(std::int64_t{3}, "{:.2f}"), "3.00");
  EXPECT_EQ(value_text(std::string("Type A"), "{:.4f}"), "Type A");
  EXPECT_EQ(value_text(std::vector<double>{1, 2.5}, "{:.1f}"), "1.0, 2.5");
  EXPECT_EQ(value_text(std::vector<double>(30, 2.0), "{:.1f}"), "30 values, 2.0 to 2.0");
  EXPECT_EQ(value_text(std::vector<std::int64_t>{50304, 512}, ""), "50,304, 512");
  EXPECT_EQ(value_text(Pairs{{3, 1.25}}, "{:.2f}"), "3: 1.25");
  EXPECT_EQ(value_text(std::vector<double>{}, ""), "");
}

TEST(ValuesTable, PartsAbsentForOneReasonAreOneRow) {
  const Value few = Absent{"only 2 of 3"}, other = Absent{"no spread"};
  const std::vector<NamedValue> values = {{"link.r", "", "", few, ""}, {"link.p", "", "", few, ""},
                                          {"link.n", "", "", 2.0, ""}, {"link.low", "", "", other, ""},
                                          {"line.r", "", "", few, ""}, {"drop", "", "", few, ""},
                                          {"share", "", "", few, ""}};
  std::string rows;
  for (const auto& row : values_table(values).rows) rows += row.front().text + " ";
  EXPECT_EQ(rows, "link.r link.n link.low line.r drop share ");
}

TEST(Wrap, BreaksAtBlanksAndKeepsTheSign) {
  EXPECT_EQ(wrapped("aa bb cc", 5), (std::vector<std::string>{"aa bb", "cc"}));
  EXPECT_EQ(wrapped("aaaaaaaaaa b", 5), (std::vector<std::string>{"aaaaaaaaaa", "b"}));
  EXPECT_EQ(wrapped("of 38 % or", 5), (std::vector<std::string>{"of 38 %", "or"}));
  EXPECT_EQ(wrapped("", 5), std::vector<std::string>{""});
  EXPECT_EQ(lines_printable("a\n\x01\n"), "a\n\\x01\n");
}

}  // namespace
}  // namespace sg
