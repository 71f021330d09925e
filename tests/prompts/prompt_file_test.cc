// Prompts from files: tables, JSON and lines, their columns, and what is refused.
#include "prompts/prompt_file.h"

#include <gtest/gtest.h>

#include <fstream>

namespace sg {
namespace {

Result<PromptFile> read(const std::string& name, const std::string& content, PromptFileOptions options = {}) {
  const std::string file = testing::TempDir() + "streamgauge-" + name;
  std::ofstream(file, std::ios::binary) << content;
  Result<PromptFile> prompts = read_prompt_file(file, options);
  std::remove(file.c_str());
  return prompts;
}

PromptFile must(Result<PromptFile> file) {
  EXPECT_TRUE(file.ok()) << file.error().message();
  return std::move(file).value();
}

TEST(PromptTable, QuotesLineBreaksAndColumnsAreAsWritten) {
  const PromptFile file = must(read("a.csv",
                                    "id,text,label,source\r\n1,\"The capital of France is\",fact,a\r\n"
                                    "2,\"Hello, \"\"world\"\"\",greeting,b\r\n3,\"two\r\nlines\n\",,c\r\n"));
  ASSERT_EQ(file.prompts.size(), 3u);
  EXPECT_EQ(file.prompts[1].text, "Hello, \"world\"");
  EXPECT_EQ(file.prompts[1].id, "2");
  EXPECT_EQ(file.prompts[1].columns, (Columns{{"label", "greeting"}, {"source", "b"}}));
  EXPECT_EQ(file.prompts[2].text, "two\r\nlines\n");
  EXPECT_EQ(file.prompts[2].columns, (Columns{{"source", "c"}}));
  EXPECT_TRUE(file.said.ends_with("a.csv, column text")) << file.said;
  EXPECT_TRUE(file.said.starts_with("3 prompts from "));
  EXPECT_EQ(column_names(file.prompts), (std::vector<std::string>{"label", "source"}));
}

TEST(PromptTable, TabsSeparateATsvAndKeysAreChosen) {
  const PromptFile file =
      must(read("a.TSV", "name\tquestion\tcategory\nx\ta, b \tmath\n", {.text_key = "question", .id_key = "name"}));
  ASSERT_EQ(file.prompts.size(), 1u);
  EXPECT_EQ(file.prompts[0].text, "a, b ");
  EXPECT_EQ(file.prompts[0].id, "x");
  EXPECT_EQ(column(file.prompts[0], kCategoryColumn), "math");
  EXPECT_EQ(must(read("b.csv", "prompt\nhello\n")).prompts[0].text, "hello");
}

TEST(PromptTable, WhatIsLeftOutIsTold) {
  const PromptFile file = must(read("a.csv", "text,n\na,1\n\n,2\nb,3"));
  ASSERT_EQ(file.prompts.size(), 2u);
  ASSERT_EQ(file.warnings.size(), 2u);
  EXPECT_TRUE(file.warnings[0].ends_with("a.csv:3: an empty line is left out"));
  EXPECT_TRUE(file.warnings[1].ends_with("a.csv:4: a row without a text is left out"));
}

TEST(PromptTable, WhatIsWrongIsNamedWithItsLine) {
  const struct {
    const char *content, *what, *line;
  } kCases[] = {
      {"text,a\n\"x,1\n", "a quote is not closed", ":2"},
      {"text,a\n\"x\"y,1\n", "there is text after a closing quote", ":2"},
      {"text,a\n\"x\ny\",1\nz\n", "a row is not as long as the header", ":4"},
      {"a,b\nx,1\n", "no column is the text", ":1"},
      {"text,text\nx,1\n", "two columns have one name", ":1"},
      {"text\nx\xff\n", "the file is not UTF-8", ":2"},
  };
  for (const auto& c : kCases) {
    const Result<PromptFile> file = read("bad.csv", c.content);
    ASSERT_FALSE(file.ok()) << c.content;
    EXPECT_EQ(file.error().what, c.what);
    EXPECT_TRUE(file.error().where.ends_with(c.line)) << file.error().where;
  }
  for (const char* name : {"bad.txt", "bad.csv", "bad.json", "bad.jsonl"}) {
    const Error error = read(name, "\"a\"\n\n\"caf\xe9\"\n").error();
    EXPECT_EQ(error.what, "the file is not UTF-8") << name;
    EXPECT_TRUE(error.where.ends_with(":3")) << error.where;
  }
  EXPECT_EQ(read("bad.csv", "text\n").error().what, "holds no prompt");
  EXPECT_NE(read("bad.csv", "a,b\nx,y\n", {.text_key = "c"}).error().expected.find("'c'"), std::string::npos);
}

TEST(PromptTable, SemicolonsTabsAndOldLineEndsAreAsOtherProgramsWriteThem) {
  const PromptFile semicolons = must(read("a.csv", "text;label\n\"a; b, c\";x\nd, e;y\n"));
  ASSERT_EQ(semicolons.prompts.size(), 2u);
  EXPECT_EQ(semicolons.prompts[0].text, "a; b, c");
  EXPECT_EQ(semicolons.prompts[1].text, "d, e");
  EXPECT_TRUE(semicolons.said.ends_with("semicolons between fields, column text")) << semicolons.said;
  EXPECT_EQ(must(read("a.csv", "text\tn\na, b\t1\n")).prompts[0].text, "a, b");
  EXPECT_EQ(must(read("a.csv", "\"text;x\",text\n1,a\n")).prompts[0].text, "a");  // quotes hide a separator
  EXPECT_EQ(must(read("a.csv", "text\na;b\n")).prompts[0].text, "a;b");
  const PromptFile old = must(read("a.csv", "text,n\ra,1\rb,2\r"));
  ASSERT_EQ(old.prompts.size(), 2u);
  EXPECT_EQ(old.prompts[1].columns, (Columns{{"n", "2"}}));
}

TEST(PromptTable, TheIndexOfADataFrameIsAColumnAndCaseIsNoMatter) {
  const PromptFile file = must(read("a.csv", ",Text,label\n0,a,x\n1,b,y\n"));
  EXPECT_EQ(file.prompts[1].text, "b");
  EXPECT_EQ(file.prompts[1].columns, (Columns{{"column_1", "1"}, {"label", "y"}}));
  EXPECT_EQ(must(read("a.csv", "TEXT,text\nx,y\n")).prompts[0].text, "y");
  EXPECT_FALSE(read("a.csv", "a,b\nx,y\n", {.text_key = "A"}).ok());
}

TEST(PromptTable, KeysThatAreAskedForMustBeThere) {
  const Result<PromptFile> near = read("a.csv", "question,n\nx,1\n", {.text_key = "qestion"});
  ASSERT_FALSE(near.ok());
  EXPECT_EQ(near.error().hint, "Did you mean question?");
  EXPECT_FALSE(read("a.csv", "text,n\nx,1\n", {.id_key = "name"}).ok());
  EXPECT_FALSE(read("a.jsonl", "{\"text\": \"x\"}\n", {.id_key = "name"}).ok());
  EXPECT_FALSE(read("a.txt", "x\n", {.text_key = "q"}).ok());
}

TEST(PromptTable, AThousandBlankLinesAreOneWarning) {
  const PromptFile file = must(read("a.csv", "text,n\na,1\n" + std::string(1000, '\n') + "b,2\n\n\n"));
  ASSERT_EQ(file.warnings.size(), 1u);
  EXPECT_TRUE(file.warnings[0].ends_with("a.csv:3: an empty line is left out (and 999 more)")) << file.warnings[0];
}

TEST(PromptLines, JsonAsOtherProgramsWriteIt) {
  const PromptFile lines = must(read("a.json", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n"));
  EXPECT_EQ(lines.prompts.size(), 2u);
  EXPECT_EQ(must(read("a.json", "{\n \"text\": \"a\"\n}")).prompts[0].text, "a");
  EXPECT_FALSE(read("a.json", "[\n {\"text\": \"a\"}\n").ok());
  EXPECT_FALSE(read("a.jsonl", "{\"messages\": []}\n").ok());
  EXPECT_FALSE(read("a.jsonl", "{\"messages\": [\"hi\"]}\n").ok());
  EXPECT_FALSE(read("a.jsonl", "{\"text\": \"a\", \"text\": \"b\"}\n").ok());
  const PromptFile gaps =
      must(read("a.json", R"(["a", "", {"text": null, "n": 1}, {"prompt": ""}, {"text": null, "prompt": "b"}])"));
  ASSERT_EQ(gaps.prompts.size(), 2u);
  EXPECT_EQ(gaps.prompts[1].text, "b");
  ASSERT_EQ(gaps.warnings.size(), 1u);
  EXPECT_TRUE(gaps.warnings[0].ends_with("a.json[1]: a row without a text is left out (and 2 more)"))
      << gaps.warnings[0];
}

TEST(PromptLines, WhatTheTemplateMayAskForGoesWithTheConversation) {
  const PromptFile file =
      must(read("a.jsonl", R"({"messages": [{"role": "user", "content": "x"}], "tools": [{"name": "f"}], "n": 1})"));
  EXPECT_EQ(file.prompts[0].messages, R"({"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f"}]})");
  EXPECT_EQ(file.prompts[0].columns, (Columns{{"n", "1"}}));
}

TEST(PromptLines, JsonOfEveryKind) {
  const PromptFile file =
      must(read("a.jsonl", R"({"prompt": "The capital\n", "label": "fact", "n": 3, "f": 1.50, "none": null}
{"messages": [{"role": "user", "content": "What?"}], "label": "chat"}
{"ids": [1, 2, 3], "label": "ids", "tags": ["a", {"b": true}]}
"plain "
)"));
  ASSERT_EQ(file.prompts.size(), 4u);
  EXPECT_EQ(file.prompts[0].text, "The capital\n");
  EXPECT_EQ(file.prompts[0].columns, (Columns{{"label", "fact"}, {"n", "3"}, {"f", "1.5"}}));
  EXPECT_EQ(file.prompts[1].messages, R"([{"role":"user","content":"What?"}])");
  EXPECT_EQ(file.prompts[2].ids, (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(file.prompts[2].columns, (Columns{{"label", "ids"}, {"tags", R"(["a",{"b":true}])"}}));
  EXPECT_EQ(file.prompts[3].text, "plain ");
  EXPECT_TRUE(file.said.ends_with("a.jsonl, key prompt, messages, ids")) << file.said;
}

TEST(PromptLines, TheKeyThatIsAskedForIsTheText) {
  const std::string both = R"([{"messages": [{"role": "user", "content": "m"}], "q": "a", "text": "t"}])";
  const PromptFile file = must(read("a.json", both, {.text_key = "q"}));
  EXPECT_EQ(file.prompts[0].text, "a");
  EXPECT_EQ(column(file.prompts[0], "text"), "t");
  EXPECT_FALSE(must(read("a.json", both)).prompts[0].messages.empty());
  EXPECT_EQ(
      must(read("a.json", R"([{"q": [{"role": "user", "content": "m"}]}])", {.text_key = "q"})).prompts[0].messages,
      R"([{"role":"user","content":"m"}])");
  const Result<PromptFile> none = read("a.jsonl", "{\"q\": \"a\"}\n");
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().hint.find("--text-key"), std::string::npos);
  EXPECT_FALSE(read("a.jsonl", "{\"ids\": []}\n").ok());
  EXPECT_FALSE(read("a.jsonl", "{\"ids\": [-1]}\n").ok());
}

TEST(PromptLines, FormsThatAreNoTextAreRefusedByName) {
  const std::pair<const char*, const char*> kCases[] = {
      {"PAR1....", "Parquet is not read"}, {"\x1f\x8b....", "gzip is not read"}, {"PK\x03\x04", "zip is not read"}};
  for (const auto& [content, what] : kCases) {
    const Result<PromptFile> file = read("p.parquet.txt", content);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().what, what);
    EXPECT_FALSE(file.error().hint.empty());
  }
  EXPECT_EQ(read("p.parquet", "x").error().what, "Parquet is not read");
  EXPECT_EQ(read("p.xlsx", "PK\x03\x04").error().what, "a spreadsheet is not read");
  EXPECT_EQ(read("p.csv", "\xff\xfet").error().what, "UTF-16 is not read");
}

}  // namespace
}  // namespace sg
