#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/number_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

TEST(NumberText, ForPeople) {
  EXPECT_EQ(short_number(1.1190430), "1.119");
  EXPECT_EQ(short_number(0.0664), "0.066");
  EXPECT_EQ(short_number(22171.4), "22,171");
  EXPECT_EQ(short_number(-22171.4), "-22,171");
  EXPECT_EQ(short_number(999.96), "1,000");
  EXPECT_EQ(short_number(123.456), "123.5");
  EXPECT_EQ(short_number(9.9996), "10.00");
  EXPECT_EQ(short_number(0), "0.000");
  EXPECT_EQ(short_number(3.2e-7), "3.20e-07");
  EXPECT_EQ(short_number(1.0 / 0.0), "inf");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(18446744073709551615u), "18,446,744,073,709,551,615");
  EXPECT_EQ(short_count(134515008), "135 M");
  EXPECT_EQ(short_count(1100000000), "1.1 B");
  EXPECT_EQ(short_count(64), "64");
  EXPECT_EQ(bytes_text(98403584), "98 MB");
  EXPECT_EQ(bytes_text(12), "12 bytes");
  EXPECT_EQ(parse_bytes("1.5 KiB", "--memory").value(), 1536u);
  EXPECT_EQ(parse_bytes("2MB", "--memory").value(), 2'000'000u);
  for (const char* text : {"", "0", "-1", "1Q", "1 KBs", "nan", "1e30"}) {
    EXPECT_EQ(parse_bytes(text, "--memory").error().where, "--memory") << text;
  }
  EXPECT_EQ(seconds_text(0.2104), "210 ms");
  EXPECT_EQ(seconds_text(3.25), "3.2 s");
  EXPECT_EQ(seconds_text(200), "3 min 20 s");
  EXPECT_EQ(seconds_text(7260), "2 h 1 min");
}

TEST(TextTable, WidthsAreWhatATerminalShows) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("é"), 1u);
  EXPECT_EQ(display_width("e\xCC\x81"), 1u);  // combining acute
  EXPECT_EQ(display_width("漢字"), 4u);
  EXPECT_EQ(display_width("\xff"), 1u);
}

TEST(TextTable, AlignsAndTrims) {
  TextTable table({{"name", Align::kLeft}, {"n"}});
  table.row({"漢", "1"});
  table.gap();
  table.row({"x", "22"});
  table.row({"y"});
  EXPECT_EQ(table.text(), "name   n\n漢     1\n\nx     22\ny\n");
}

TEST(TextTable, NothingInACellCanMoveTheCursor) {
  EXPECT_EQ(printable("a\nb\t\x1b[31m\r"), "a\\nb\\t\\x1b[31m\\r");
  EXPECT_EQ(printable("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xE2\x80\xAEx"), "\\u202ex");
  EXPECT_EQ(shortened("abcdefgh", 6), "abc...");
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("漢字漢字", 6), "漢...");
}

RC_GTEST_PROP(TextTable, ShortenedTextFits, (const std::string& text)) {
  const auto width = static_cast<std::size_t>(*rc::gen::inRange(3, 40));
  RC_ASSERT(display_width(shortened(text, width)) <= width);
}

}  // namespace
}  // namespace sg
