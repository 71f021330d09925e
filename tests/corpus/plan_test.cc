// Plans of corpora and their parts together, with tasks that need no model.
#include "corpus/merge.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "corpus/part.h"
#include "tasks/part.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

class CorpusPlans : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-work-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_.root = name;
    std::ofstream(file()) << "one\ntwo\n\nthree\n\n\n  \nfour\nfive";
  }
  void TearDown() override { fs::remove_all(folder_.root); }

  std::string file() const { return (folder_.root / "text.txt").string(); }
  CorpusPlan plan(std::uint64_t task_bytes, CorpusOptions options = {}) const {
    Result<CorpusPlan> made = plan_corpus("model", "hash", {file()}, options, task_bytes,
                                          [](const CorpusDocument& d) { return Result<std::uint64_t>(d.text.size()); });
    EXPECT_TRUE(made.ok()) << made.error().message();
    return std::move(made).value();
  }
  /// Counts documents, in the place of what a model would say.
  static RunTask count(const CorpusPlan& plan) {
    return [&plan](std::size_t i) -> Result<std::string> {
      CorpusStatistics s;
      s.documents = plan.tasks[i].documents;
      s.vocabulary[static_cast<std::int32_t>(plan.tasks[i].first_document)].count = 1;
      return part_of(s);
    };
  }
  TaskFolder folder_;
};

std::vector<std::string> texts(const DocumentRange& range) {
  auto reader = DocumentReader::open(range, {});
  std::vector<std::string> all;
  while (true) {
    auto next = reader.value().next();
    EXPECT_TRUE(next.ok());
    if (!next.value()) return all;
    all.push_back(next.value()->text);
  }
}

TEST_F(CorpusPlans, TasksHoldAllDocumentsOnce) {
  for (const std::uint64_t bytes : {1u, 8u, 1000u}) {
    std::vector<std::string> all;
    std::uint64_t next = 0;
    for (const CorpusTask& task : plan(bytes).tasks) {
      EXPECT_EQ(task.first_document, next);
      const std::vector<std::string> own = texts(task.range);
      EXPECT_EQ(own.size(), task.documents);
      next += task.documents;
      all.insert(all.end(), own.begin(), own.end());
    }
    EXPECT_EQ(all, (std::vector<std::string>{"one\ntwo", "three", "four\nfive"}));
  }
  CorpusOptions lines;
  lines.text_form = DocumentForm::kLines;
  EXPECT_EQ(plan(1, lines).documents(), 5u);
  CorpusOptions few;
  few.most_tokens = 8;
  EXPECT_EQ(plan(1, few).documents(), 2u);
}

TEST_F(CorpusPlans, PlansComeBackFromTheirText) {
  CorpusOptions options;
  options.windows = {.context = 77, .with_bos = false, .every = 1};
  options.documents.text_key = "key \"of\" it";
  options.keep_every = 5;
  options.logits = false;
  const CorpusPlan made = plan(8, options);
  std::ofstream(folder_.plan()) << plan_text(made);
  const Result<CorpusPlan> back = read_plan(folder_.plan());
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(plan_text(back.value()), plan_text(made));
  std::ofstream(folder_.plan()) << "{\"schema\": \"streamgauge.corpus_plan/1\", \"model\": 3}";
  EXPECT_FALSE(read_plan(folder_.plan()).ok());
}

TEST_F(CorpusPlans, KeysChangeWithWhateverChangesResults) {
  std::set<std::string> keys;
  const auto first_key = [&](const CorpusOptions& options) { keys.insert(plan(1000, options).tasks[0].key); };
  CorpusOptions options;
  first_key(options);
  options.windows.context = 512;
  first_key(options);
  options.windows.with_bos = false;
  first_key(options);
  options.logits = false;
  first_key(options);
  std::ofstream(file(), std::ios::app) << "!";
  first_key(options);
  EXPECT_EQ(keys.size(), 5u);
}

TEST_F(CorpusPlans, ATaskStandsInAPlanOnce) {
  const CorpusPlan one = plan(1);
  const fs::path file = folder_.plan();
  const std::string text = plan_text(one);
  std::ofstream(file) << text;
  ASSERT_TRUE(read_plan(file).ok());
  const std::size_t begin = text.find("[\n") + 2, end = text.find('\n', begin) + 1;
  std::ofstream(file) << text.substr(0, begin) << text.substr(begin, end - begin) << text.substr(begin);
  EXPECT_FALSE(read_plan(file).ok());
}

TEST_F(CorpusPlans, TheSumOfAnyPartsIsThatOfOne) {
  const CorpusPlan one = plan(1), whole = plan(1000);
  ASSERT_TRUE(work(folder_, tasks_of(one), {}, count(one)).ok());
  std::set<std::string> digests;
  for (const std::size_t threads : {1u, 2u, 7u}) {
    const Result<Merged> merged = merge(folder_, one, {.threads = threads});
    ASSERT_TRUE(merged.ok()) << merged.error().message();
    EXPECT_EQ(merged.value().parts, one.tasks.size());
    EXPECT_EQ(merged.value().statistics.documents, whole.documents());
    digests.insert(digest(merged.value().statistics));
  }
  EXPECT_EQ(digests.size(), 1u);
}

TEST_F(CorpusPlans, APartThatIsMissingIsToldUnlessTheSumMayBePartial) {
  const CorpusPlan tasks = plan(1);
  ASSERT_TRUE(work(folder_, tasks_of(tasks), {}, count(tasks)).ok());
  fs::remove(folder_.part(tasks.tasks[1].key));
  EXPECT_FALSE(merge(folder_, tasks, {.threads = 2}).ok());
  const Result<Merged> partial = merge(folder_, tasks, {.partial = true, .threads = 2});
  ASSERT_TRUE(partial.ok());
  EXPECT_EQ(partial.value().missing, std::vector<std::size_t>{1});
}

TEST_F(CorpusPlans, SumsOfSharesTakeThePlaceOfTheirParts) {
  const CorpusPlan one = plan(1);
  ASSERT_TRUE(work(folder_, tasks_of(one), {}, count(one)).ok());
  const std::string whole = digest(merge(folder_, one, {}).value().statistics);
  for (std::uint64_t shard = 0; shard < 2; ++shard) ASSERT_TRUE(sum_share(folder_, one, shard, 2).ok());
  ASSERT_TRUE(sum_share(folder_, one, 0, 3).ok());  // of a number of shares that is not whole
  fs::remove_all(folder_.root / "parts");
  const Result<Merged> merged = merge(folder_, one, {.threads = 2});
  ASSERT_TRUE(merged.ok()) << merged.error().message();
  EXPECT_EQ(merged.value().parts, one.tasks.size());
  EXPECT_EQ(digest(merged.value().statistics), whole);
  EXPECT_FALSE(sum_share(folder_, one, 0, 2).ok());
  EXPECT_FALSE(merge(folder_, one, {.use_sums = false}).ok());
  fs::resize_file(folder_.root / "sums" / "1-of-2", 100);
  EXPECT_FALSE(merge(folder_, one, {}).ok());
}

TEST_F(CorpusPlans, PartsSayWhatAWrongSumDoesNot) {
  const CorpusPlan one = plan(1);
  ASSERT_TRUE(work(folder_, tasks_of(one), {}, count(one)).ok());
  const std::string whole = digest(merge(folder_, one, {}).value().statistics);
  ASSERT_TRUE(sum_share(folder_, one, 0, 1).ok());
  const fs::path sum = folder_.root / "sums" / "0-of-1";
  std::string key(64, ' ');
  std::ifstream(sum, std::ios::binary).seekg(std::string("streamgauge part 2\n").size()).read(key.data(), 64);
  ASSERT_TRUE(write_part(sum, key, part_of(CorpusStatistics())).ok());
  EXPECT_NE(digest(merge(folder_, one, {}).value().statistics), whole);
  EXPECT_EQ(digest(merge(folder_, one, {.use_sums = false}).value().statistics), whole);
}

TEST_F(CorpusPlans, AShortPartIsComputedAgain) {
  const CorpusPlan one = plan(1);
  ASSERT_TRUE(work(folder_, tasks_of(one), {}, count(one)).ok());
  const std::string whole = digest(merge(folder_, one, {}).value().statistics);
  fs::resize_file(folder_.part(one.tasks[0].key), 100);
  fs::resize_file(folder_.part(one.tasks[1].key), 0);
  EXPECT_EQ(status_of(folder_, tasks_of(one), std::chrono::seconds(60))[0].state, TaskState::kToDo);
  EXPECT_FALSE(merge(folder_, one, {}).ok());
  EXPECT_EQ(work(folder_, tasks_of(one), {}, count(one)).value().computed, 2u);
  EXPECT_EQ(digest(merge(folder_, one, {}).value().statistics), whole);
}

TEST_F(CorpusPlans, ADamagedPartIsNamed) {
  const CorpusPlan tasks = plan(1000);
  ASSERT_TRUE(work(folder_, tasks_of(tasks), {}, count(tasks)).ok());
  const fs::path part = folder_.part(tasks.tasks[0].key);
  std::ifstream in(part, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    std::ofstream(part, std::ios::binary) << damaged;
    EXPECT_FALSE(merge(folder_, tasks, {}).ok()) << i;
  }
  // A whole part whose content is of no statistics.
  ASSERT_TRUE(write_part(part, tasks.tasks[0].key, "something else").ok());
  EXPECT_FALSE(merge(folder_, tasks, {}).ok());
}

}  // namespace
}  // namespace sg
