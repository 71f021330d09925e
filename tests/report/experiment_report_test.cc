// The folder that write_report leaves: goldens of a small made-up result, hostile texts, missing bitmaps, interrupts,
// the archive.
#include "report/experiment_report.h"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "made_up.h"
#include "report/data/experiment_json.h"
#include "report/document/document_html.h"
#include "report/document/document_markdown.h"
#include "report/document/document_text.h"
#include "report/document/experiment_document.h"
#include "report/figure/multiverse_figures.h"
#include "xml_check.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Equal to the stored file; SG_WRITE_GOLDENS=1 stores it, and the difference is then read before it is committed.
void expect_golden(const std::string& text, const std::string& name) {
  const fs::path file = fs::path(SG_TEST_DATA) / "report" / name;
  if (std::getenv("SG_WRITE_GOLDENS") != nullptr) std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(text, content(file)) << name;
}

class Report : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-report-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (!entry.is_directory()) names.insert(fs::relative(entry.path(), folder_).string());
    }
    return names;
  }
  fs::path folder_;
};

TEST(ReportForms, AreTheStoredOnes) {
  const ExperimentResult result = small_result();
  expect_golden(json_text(experiment_json(result)), "small.results.json");
  expect_golden(document_markdown(experiment_document(result, all_figures(result), {"A figure is missing"})),
                "small.report.md");
  expect_golden(document_html(experiment_document(result, {}, {"A figure is missing"}), {}), "small.report.html");
  expect_golden(result_text(result, 100), "small.txt");
}

/// As one line, without the marks of a quotation and the blanks of an indentation.
std::string unwrapped(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    const std::size_t next = text.find_first_not_of("> \n", at);
    text.replace(at, (next == std::string::npos ? text.size() : next) - at, " ");
  }
  return text;
}

TEST(ReportForms, LeadWithTheVerdictItsShareAndWhatTurnsIt) {
  const ExperimentResult result = small_result();
  const std::string markdown = unwrapped(document_markdown(experiment_document(result, {}, {})));
  EXPECT_LT(markdown.find("**VALIDATED**"), 300u);
  EXPECT_LT(markdown.find("3 (60 %) conclude the same. **What turns it, made differently alone: averaging over "
                          "all tokens, token 0 among them (NOT_VALIDATED).**"),
            900u);
  EXPECT_NE(unwrapped(result_text(result)).find("3 (60 %) conclude the same."), std::string::npos);
}

TEST(ReportForms, WarnOfPocketModelsBeforeAnythingElse) {
  ExperimentResult result = small_result();
  EXPECT_EQ(document_markdown(experiment_document(result, {}, {})).find("Pocket"), std::string::npos);
  result.pocket = true;
  const std::string text = document_markdown(experiment_document(result, {}, {}));
  EXPECT_LT(text.find("Pocket models"), text.find("VALIDATED"));
}

TEST(ReportForms, UnanimityIsClaimedOnlyWhereItIs) {
  ExperimentResult result = small_result();
  Multiverse& m = result.verdicts[0].multiverse;
  m.evaluated = 1000;
  m.agreeing = 999;
  m.flips.clear();
  const std::string text = unwrapped(result_text(result));
  EXPECT_NE(text.find("(> 99 %)"), std::string::npos);
  EXPECT_EQ(text.find("100 %"), std::string::npos);
  EXPECT_NE(text.find("No single choice turns it."), std::string::npos);
}

std::vector<DocumentTable> tables_of(const ExperimentResult& result) {
  std::vector<DocumentTable> tables;
  for (const Block& block : experiment_document(result, {}, {})) {
    if (const auto* table = std::get_if<DocumentTable>(&block)) tables.push_back(*table);
  }
  return tables;
}

/// The files of the small result's report: these, the documents, and every table.
std::set<std::string> with_tables(std::set<std::string> figures) {
  figures.insert({"results.json", "report.md", "report.html", "archive.zip", "prompts.csv", "tables/models.csv",
                  "tables/multiverse.csv"});
  for (const DocumentTable& table : tables_of(small_result())) {
    EXPECT_TRUE(figures.insert("tables/" + table.name + ".csv").second) << "a second table " << table.name;
  }
  return figures;
}

TEST_F(Report, WritesEveryFileAndNothingElse) {
  std::vector<std::string> notices;
  const auto written = write_report(small_result(), folder_ / "out", {}, &notices);
  ASSERT_TRUE(written.ok()) << written.error().message();
  EXPECT_TRUE(notices.empty()) << notices[0];
  folder_ /= "out";
  EXPECT_EQ(files(), with_tables({"figures/gain.svg", "figures/gain.png", "figures/H25-curve.svg",
                                  "figures/H25-curve.png", "figures/H25-map.svg", "figures/H25-map.png"}));
  for (const DocumentTable& table : tables_of(small_result())) {
    EXPECT_NE(content(folder_ / "report.html").find("href=\"tables/" + table.name + ".csv\""), std::string::npos);
  }
  const std::string page = content(folder_ / "report.html");
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos) << "the page is self-contained";
  EXPECT_EQ(page.find("<link"), std::string::npos);
}

TEST_F(Report, IsTheSameTwiceOverItself) {
  ASSERT_TRUE(write_report(small_result(), folder_).ok());
  std::map<std::string, std::string> first;
  for (const std::string& name : files()) first[name] = content(folder_ / name);
  ASSERT_TRUE(write_report(small_result(), folder_).ok());
  EXPECT_EQ(files().size(), first.size());
  for (const auto& [name, bytes] : first) EXPECT_EQ(content(folder_ / name), bytes) << name;
}

TEST_F(Report, WithoutTheProgramForBitmapsEverythingElseIsWritten) {
  std::vector<std::string> notices;
  ASSERT_TRUE(write_report(small_result(), folder_, {.bitmaps = {.name = "/nowhere/rsvg"}}, &notices).ok());
  EXPECT_EQ(files(), with_tables({"figures/gain.svg", "figures/H25-curve.svg", "figures/H25-map.svg"}));
  ASSERT_EQ(notices.size(), 1u);  // once, not per figure
  EXPECT_NE(notices[0].find("/nowhere/rsvg"), std::string::npos);
  EXPECT_EQ(content(folder_ / "results.json"), json_text(experiment_json(small_result())));
  EXPECT_NE(content(folder_ / "report.md").find("no bitmaps of the figures can be made"), std::string::npos);
}

TEST_F(Report, FiguresOfOneNameAreDifferentFiles) {
  ExperimentResult result = small_result();
  result.figures.push_back(result.figures[0]);
  result.figures.push_back(result.figures[0]);
  result.figures[1].name = "GAIN";
  result.figures[1].charts[0].title = "the second";
  result.figures[2].name = "H25-map";  // as the verdict's own
  ASSERT_TRUE(write_report(result, folder_, {.bitmaps = {.name = "/nowhere/rsvg"}}).ok());
  std::set<std::string> figures;
  for (const std::string& name : files()) {
    if (name.starts_with("figures/")) figures.insert(name.substr(8));
  }
  EXPECT_EQ(figures,
            (std::set<std::string>{"gain.svg", "GAIN-2.svg", "H25-map.svg", "H25-curve.svg", "H25-map-2.svg"}));
  EXPECT_EQ(content(folder_ / "figures/gain.svg").find("the second"), std::string::npos);
  EXPECT_NE(content(folder_ / "figures/GAIN-2.svg").find("the second"), std::string::npos);
  const std::string markdown = content(folder_ / "report.md");
  for (const std::string& name : figures) EXPECT_NE(markdown.find("(figures/" + name + ")"), std::string::npos) << name;
}

TEST_F(Report, AnInterruptIsHeard) {
  const std::atomic<bool> stop{true};
  const auto written = write_report(small_result(), folder_, {.bitmaps = {.stop = &stop}});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::kInterrupted);
  EXPECT_TRUE(files().empty());
}

TEST_F(Report, TheArchiveHoldsTheFiles) {
  ASSERT_TRUE(write_report(small_result(), folder_, {.bitmaps = {.name = "/nowhere/rsvg"}}).ok());
  int failure = 0;
  zip_t* archive = zip_open((folder_ / "archive.zip").c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &failure);
  ASSERT_NE(archive, nullptr) << failure;
  std::set<std::string> expected = files();
  expected.erase("archive.zip");
  EXPECT_EQ(zip_get_num_entries(archive, 0), static_cast<zip_int64_t>(expected.size()));
  for (const std::string& name : expected) {
    zip_stat_t info;
    ASSERT_EQ(zip_stat(archive, name.c_str(), 0, &info), 0) << name;
    std::string bytes(info.size, '\0');
    zip_file_t* entry = zip_fopen(archive, name.c_str(), 0);
    EXPECT_EQ(zip_fread(entry, bytes.data(), bytes.size()), static_cast<zip_int64_t>(bytes.size()));
    zip_fclose(entry);
    EXPECT_EQ(bytes, content(folder_ / name)) << name;
  }
  zip_discard(archive);
}

TEST_F(Report, AFolderThatCannotBeWrittenIsAnError) {
  std::ofstream(folder_ / "file") << "x";
  const auto written = write_report(small_result(), folder_ / "file" / "out");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message().find("file/out"), std::string::npos);
}

TEST_F(Report, TextsOfOthersStayText) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);  // where `touch pwned` would leave its file
  std::vector<std::string> notices;
  const auto written = write_report(hostile_result(), folder_ / "out", {}, &notices);
  fs::current_path(before);
  ASSERT_TRUE(written.ok()) << written.error().message();
  EXPECT_TRUE(notices.empty()) << notices[0];
  EXPECT_FALSE(fs::exists(folder_ / "pwned"));
  folder_ /= "out";
  std::size_t pictures = 0;
  for (const std::string& name : files()) {
    if (!name.ends_with(".svg")) continue;
    const std::string svg = content(folder_ / name);
    EXPECT_EQ(svg.find("<script"), std::string::npos) << name;
    EXPECT_EQ(xml_error(svg), "") << name;
    EXPECT_NE(svg.find("alert(1)"), std::string::npos) << "the text itself is shown";
    EXPECT_EQ(svg.find("href"), std::string::npos) << name;
    ++pictures;
  }
  EXPECT_EQ(pictures, 3u);
  const std::string page = content(folder_ / "report.html");
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  const auto body = page.find("<main>"), end = page.find("</main>");
  EXPECT_EQ(page.substr(body, end - body).find("<script"), std::string::npos);
  EXPECT_EQ(xml_error(page.substr(body, end + 7 - body)), "");
  const std::string markdown = content(folder_ / "report.md");
  for (auto at = markdown.find("<script"); at != std::string::npos; at = markdown.find("<script", at + 1)) {
    const auto line = markdown.rfind('\n', at);
    const auto begin = line == std::string::npos ? 0 : line;
    const std::string before_it = markdown.substr(begin, at - begin);
    const bool code = before_it.find('`') != std::string::npos || markdown.rfind("```text", at) != std::string::npos;
    EXPECT_TRUE(markdown[at - 1] == '\\' || code) << before_it;
  }
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(content(folder_ / "results.json")).error(), simdjson::SUCCESS);
}

TEST(HtmlText, IsEscapedForElementsAndAttributes) {
  EXPECT_EQ(html_escaped("<a href='x' b=\"y\">&"), "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;");
  EXPECT_EQ(html_escaped("a\x01\nb\xff"), "a\\x01 b\xEF\xBF\xBD");
}

TEST(MarkdownText, IsEscapedWhereItWouldBeMarkup) {
  EXPECT_EQ(markdown_escaped("a|b *c* _d_ e_f [g](h) <i> `j`"), "a\\|b \\*c\\* \\_d\\_ e_f \\[g\\](h) \\<i> \\`j\\`");
  EXPECT_EQ(markdown_escaped("x &amp; y & z"), "x \\&amp; y & z");
  EXPECT_EQ(document_markdown(
                {Paragraph{{{"1. one"}}}, Paragraph{{{"0.1 of it"}}}, Paragraph{{{"- a"}}}, Paragraph{{{"> b"}}}}),
            "1\\. one\n\n0.1 of it\n\n\\- a\n\n\\> b\n");
}

}  // namespace
}  // namespace sg
