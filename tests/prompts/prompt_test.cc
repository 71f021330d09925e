#include "prompts/prompt.h"

#include <gtest/gtest.h>

#include <fstream>

#include "prompts/prompt_file.h"
#include "prompts/prompt_reader.h"
#include "prompts/suites.h"

namespace sg {
namespace {

class PromptFileTest : public testing::Test {
 protected:
  Result<PromptFile> read(const std::string& name, const std::string& content, std::size_t most = 1000) {
    const std::string file = testing::TempDir() + "streamgauge-" + name;
    std::ofstream(file, std::ios::binary) << content;
    Result<PromptFile> prompts = read_prompt_file(file, {.most = most});
    std::remove(file.c_str());
    return prompts;
  }
};

TEST_F(PromptFileTest, LinesAreTakenAsTheyAreAndEmptyOnesAreTold) {
  const Result<PromptFile> file = read("a.txt", "\xEF\xBB\xBFone {x}\r\n \t\r\n  two \nlast");
  ASSERT_TRUE(file.ok()) << file.error().message();
  ASSERT_EQ(file.value().prompts.size(), 3u);
  EXPECT_EQ(file.value().prompts[0].text, "one {x}");
  EXPECT_EQ(file.value().prompts[1].text, "  two ");
  EXPECT_EQ(file.value().prompts[2].text, "last");
  ASSERT_EQ(file.value().warnings.size(), 1u);
  EXPECT_TRUE(file.value().warnings[0].ends_with("a.txt:2: an empty line is left out"));
}

TEST_F(PromptFileTest, ObjectsCarryTheirIdAndCategory) {
  for (const bool lines : {true, false}) {
    const std::string first = R"({"text": "a", "id": "p1", "category": "facts"})";
    const auto file = lines ? read("b.jsonl", first + "\n\"b\"\n") : read("b.json", "[" + first + ", \"b\"]");
    ASSERT_TRUE(file.ok()) << file.error().message();
    ASSERT_EQ(file.value().prompts.size(), 2u);
    EXPECT_EQ(file.value().prompts[0].id, "p1");
    EXPECT_EQ(column(file.value().prompts[0], kCategoryColumn), "facts");
    EXPECT_EQ(file.value().prompts[1].text, "b");
    EXPECT_EQ(column(file.value().prompts[1], kCategoryColumn), "");
  }
}

TEST_F(PromptFileTest, WhatIsWrongIsNamed) {
  EXPECT_NE(read("c.jsonl", "\"a\"\n{\"text\": 3}\n").error().where.find("c.jsonl:2"), std::string::npos);
  EXPECT_EQ(read("c.txt", "\n\n").error().what, "holds no prompt");
  EXPECT_EQ(read("c.txt", "1234567890", 9).error().kind, ErrorKind::kResource);
  EXPECT_TRUE(read("c.txt", "1234567890", 10).ok());
  EXPECT_FALSE(read_prompt_file(testing::TempDir(), {}).ok());
}

TEST(Prompt, IdsAreMeasuredAsTheyAre) {
  PromptReader reader(nullptr, {}, {});
  const Result<Sequence> sequence = reader.read({.text = "unused", .ids = {4, 2}}, 1);
  ASSERT_TRUE(sequence.ok());
  EXPECT_EQ(sequence.value().ids, std::vector<std::int32_t>({4, 2}));
  EXPECT_FALSE(sequence.value().text);
  EXPECT_EQ(reader.read({}, 7).error().where, "prompt 7");
}

TEST(Prompt, IdsAreReadFromText) {
  EXPECT_EQ(parse_ids(" 0, 1 ,9", 10, "--ids", 1).value(), std::vector<std::int32_t>({0, 1, 9}));
  for (const char* text : {"", "1,", "1 2", "x", "1,,2"}) {
    EXPECT_EQ(parse_ids(text, 10, "--ids", 1).error().kind, ErrorKind::kUsage) << text;
  }
  for (const char* text : {"10", "-1", "99999999999999999999"}) {
    EXPECT_EQ(parse_ids(text, 10, "--ids", 1).error().got, text);
  }
}

TEST(Suites, AreFoundByName) {
  EXPECT_EQ(find_suite("notebook-003").value().prompts.size(), 25u);
  EXPECT_NE(find_suite("nope").error().expected.find("notebook-003"), std::string::npos);
}

}  // namespace
}  // namespace sg
