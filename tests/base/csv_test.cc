#include "base/csv.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(Csv, ATextIsNeitherAFormulaNorAMissingValue) {
  for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "null", "NA", "nan", "None", "N/A", "<NA>"})
    EXPECT_EQ(csv_field(text), "'" + std::string(text));
  EXPECT_EQ(csv_field("=\"a\""), "\"'=\"\"a\"\"\"");
  EXPECT_EQ(csv_field(" =1"), "\" =1\"");
  for (const char* text : {"a-b", "'s", "nulls", "na", "'", ""}) EXPECT_EQ(csv_field(text), text);
}

TEST(Csv, TheApostropheIsTakenAwayAgain) {
  for (const char* text : {"null", "'null", "''null", "=1", "'=1", "'s", "''", "plain", "", "-", "'"}) {
    EXPECT_EQ(csv_text(csv_field(text)), text);  // none of them is quoted
  }
}

TEST(Csv, CellsOfALine) {
  CsvLine line;
  line << "a,b" << 3 << true << 0.1 << std::optional<double>() << std::optional<std::string>("NA") << 1.0 / 0.0;
  EXPECT_EQ(line.text(), "\"a,b\",3,true,0.1,,'NA,inf\n");
  EXPECT_EQ((CsvTable{.file = "t.csv", .about = "", .columns = {{"a", "", ""}, {"b", "", ""}}, .rows = "1,2\n"}.text()),
            "a,b\n1,2\n");
}

}  // namespace
}  // namespace sg
