#include "corpus/documents.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "corpus/windows.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

class Documents : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-documents-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return (folder_ / name).string();
  }
  Result<std::vector<CorpusDocument>> all(const std::string& file, const DocumentOptions& options = {}) const {
    SG_TRY(const DocumentForm form, form_of(file, DocumentForm::kBlocks));
    SG_TRY(DocumentReader reader,
           DocumentReader::open({.file = file, .form = form, .begin = 0, .end = ~std::uint64_t{0}}, options));
    std::vector<CorpusDocument> documents;
    while (true) {
      SG_TRY(std::optional<CorpusDocument> next, reader.next());
      if (!next) return documents;
      documents.push_back(std::move(*next));
    }
  }
  static std::string npy(const std::string& descr, const std::string& shape, const std::string& data) {
    std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header += std::string((64 - (header.size() + 11) % 64) % 64, ' ') + "\n";
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xFF) +
           static_cast<char>(header.size() >> 8) + header + data;
  }
  fs::path folder_;
};

TEST_F(Documents, JsonLinesAreTextsOrIds) {
  const auto read = all(write("a.jsonl", "{\"text\": \"one\\ntwo\", \"x\": 1}\n\n\"three\"\n{\"ids\": [3, 1, 2]}"));
  ASSERT_TRUE(read.ok()) << read.error().message();
  ASSERT_EQ(read.value().size(), 3u);
  EXPECT_EQ(read.value()[0].text, "one\ntwo");
  EXPECT_EQ(read.value()[1].text, "three");
  EXPECT_EQ(read.value()[2].ids, (Ids{3, 1, 2}));
  EXPECT_FALSE(read.value()[2].is_text);
}

TEST_F(Documents, RowsOfATableAreTextsWithWhateverTheirQuotesHold) {
  const std::string rows = "id,text\r\n1,one two\r\n\r\n2,\"three, \"\"four\"\"\nfive\"\r\n3,\"\"\n4,5\" disk";
  const auto read = all(write("a.csv", rows));
  ASSERT_TRUE(read.ok()) << read.error().message();
  std::vector<std::string> texts;
  for (const CorpusDocument& document : read.value()) texts.push_back(document.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"one two", "three, \"four\"\nfive", "", "5\" disk"}));
  // A range that ends and begins anywhere between rows gives the same ones.
  std::vector<std::string> again;
  for (const CorpusDocument& document : read.value()) {
    auto reader = DocumentReader::open({.file = (folder_ / "a.csv").string(),
                                        .form = DocumentForm::kCommas,
                                        .begin = document.begin,
                                        .end = document.end},
                                       {});
    ASSERT_TRUE(reader.ok()) << reader.error().message();
    again.push_back(reader.value().next().value()->text);
    EXPECT_FALSE(reader.value().next().value().has_value());
  }
  EXPECT_EQ(again, texts);
  const auto tabs = all(write("a.tsv", "\xEF\xBB\xBFwhat\tid\na b\t1\n"), {.text_key = "what"});
  ASSERT_TRUE(tabs.ok()) << tabs.error().message();
  ASSERT_EQ(tabs.value().size(), 1u);
  EXPECT_EQ(tabs.value()[0].text, "a b");
  EXPECT_EQ(all(write("empty.csv", "")).value().size(), 0u);
}

TEST_F(Documents, TablesThatAreWrongAreNamed) {
  for (const char* content : {"id,words\n1,a\n", "text,id\n1\n", "text\n\"a\n", "text\n\"a\" b\n"}) {
    const auto read = all(write("bad.csv", content));
    ASSERT_FALSE(read.ok()) << content;
    EXPECT_NE(read.error().message().find("bad.csv"), std::string::npos) << content;
  }
}

TEST_F(Documents, WhatIsNoDocumentIsNamedWithItsPlace) {
  for (const char* line : {"{\"txt\": \"a\"}", "[1]", "{\"text\": 3}", "{\"ids\": [\"a\"]}", "{\"ids\": [-1]}", "{"}) {
    const auto read = all(write("a.jsonl", std::string("\"fine\"\n") + line));
    ASSERT_FALSE(read.ok()) << line;
    EXPECT_NE(read.error().message().find("byte 7"), std::string::npos) << read.error().message();
  }
  EXPECT_FALSE(all((folder_ / "none.txt").string()).ok());
  for (const char* name : {"a.json", "a.parquet", "a.txt.gz"}) EXPECT_FALSE(all(write(name, "x")).ok());
}

TEST_F(Documents, ArraysOfIds) {
  const auto bin = all(write("a.bin", std::string("\x01\x00\x02\x01\x03\x00\x04\x00\x05\x00", 10)),
                       {.text_key = "text", .context = 2});
  ASSERT_TRUE(bin.ok());
  ASSERT_EQ(bin.value().size(), 3u);
  EXPECT_EQ(bin.value()[0].ids, (Ids{1, 258}));
  EXPECT_EQ(bin.value()[2].ids, (Ids{5}));
  const std::string four("\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0", 16);
  const auto table = all(write("t.npy", npy("<i4", "2, 2", four)));
  ASSERT_TRUE(table.ok()) << table.error().message();
  ASSERT_EQ(table.value().size(), 2u);
  EXPECT_EQ(table.value()[1].ids, (Ids{3, 4}));
  const auto row = all(write("r.npy", npy("<u4", "4,", four)), {.text_key = "text", .context = 3});
  ASSERT_TRUE(row.ok()) << row.error().message();
  EXPECT_EQ(row.value()[0].ids, (Ids{1, 2, 3}));
  EXPECT_EQ(row.value()[1].ids, (Ids{4}));
  EXPECT_FALSE(all(write("f.npy", npy("<f4", "4,", four))).ok());
  EXPECT_FALSE(all(write("s.npy", npy("<i4", "2, 3", four))).ok());
  EXPECT_FALSE(all(write("n.npy", npy("<i4", "1,", std::string("\xff\xff\xff\xff", 4)))).ok());
  const auto bytes = all(write("b.npy", npy("|u1", "3,", "\x01\xff\x02")));
  ASSERT_TRUE(bytes.ok()) << bytes.error().message();
  EXPECT_EQ(bytes.value()[0].ids, (Ids{1, 255, 2}));
  EXPECT_FALSE(all(write("big.npy", npy(">i4", "4,", four))).ok());
  EXPECT_FALSE(all(write("x.npy", "no array")).ok());
  EXPECT_FALSE(all(write("l.npy", npy("<i4", "5,", four))).ok());
  EXPECT_FALSE(all(write("odd.bin", std::string("\1\0\2", 3))).ok());
}

TEST_F(Documents, FaultsOfArraysAreNamed) {
  const std::string ones(8, '\xff');
  for (const char* kind : {"|i1", "<i2", "<i4", "<i8"}) {
    const auto read = all(write("n.npy", npy(kind, "1,", ones)));
    ASSERT_FALSE(read.ok()) << kind;
    EXPECT_EQ(read.error().got, "-1") << kind;
  }
  EXPECT_EQ(all(write("u.npy", npy("<u8", "1,", ones))).error().got, "18446744073709551615");
  const auto empty = all(write("e.npy", npy("<i4", "3, 0", ones)));
  EXPECT_NE(empty.error().message().find("rows of the .npy file are empty"), std::string::npos);
  EXPECT_EQ(empty.error().got.back(), '}');
}

TEST_F(Documents, TextFromElsewhereIsTheSameText) {
  const std::string lines = "one\ntwo\n\nthree\n", crlf = "one\r\ntwo\r\n\r\nthree\r\n", mark = "\xEF\xBB\xBF";
  const auto wanted = all(write("a.txt", lines)).value();
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].text, "one\ntwo");
  for (const std::string& text : {mark + lines, crlf, mark + crlf}) {
    const auto found = all(write("b.txt", text)).value();
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].text, wanted[i].text);
  }
  EXPECT_EQ(all(write("c.jsonl", mark + "{\"text\": \"one\"}\r\n")).value().at(0).text, "one");
  for (const char* name : {"A.JSONL", "A.Bin", "A.NPY", "A.CSV", "A.Tsv"})
    EXPECT_NE(form_of(name, DocumentForm::kBlocks).value(), DocumentForm::kBlocks) << name;
  EXPECT_FALSE(form_of("A.PARQUET", DocumentForm::kBlocks).ok());
}

TEST_F(Documents, APipeIsNotReadTwice) {
  const Result<DocumentReader> reader = DocumentReader::open({.file = "/dev/null", .end = 1}, {});
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().kind, ErrorKind::kBadInput);
}

TEST_F(Documents, WindowsHoldEveryIdOnce) {
  Ids ids(23);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i + 10);
  for (const std::size_t context : {2u, 3u, 8u, 24u, 100u}) {
    for (const std::int32_t bos : {-1, 1}) {
      Ids seen;
      for (const CorpusWindow& w : windows_of(ids, 5, {.context = context, .with_bos = true, .every = 1}, bos)) {
        EXPECT_EQ(w.begin, seen.size());
        EXPECT_EQ(w.special, bos >= 0 ? 1u : 0u);
        EXPECT_LE(w.ids.size(), context);
        const std::size_t special = bos >= 0 ? 1 : 0;
        EXPECT_TRUE(special == 0 || w.ids[0] == bos);
        seen.insert(seen.end(), w.ids.begin() + static_cast<std::ptrdiff_t>(special), w.ids.end());
      }
      EXPECT_EQ(seen, ids);
    }
  }
  EXPECT_TRUE(windows_of({}, 0, {}, 1).empty());
}

TEST_F(Documents, SamplesDependOnContentAlone) {
  std::size_t kept = 0;
  for (int i = 0; i < 1000; ++i) {
    const CorpusDocument document = {.begin = 0, .end = 0, .text = "document " + std::to_string(i), .ids = {}};
    CorpusDocument elsewhere = document;
    elsewhere.begin = 100;
    EXPECT_EQ(is_sampled(document, 10), is_sampled(elsewhere, 10));
    kept += is_sampled(document, 10);
  }
  EXPECT_GT(kept, 50u);
  EXPECT_LT(kept, 200u);
}

}  // namespace
}  // namespace sg
