// Plans, claims, failures and merging, with a task that needs no model.
#include "corpus/work.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "corpus/claim.h"
#include "corpus/part.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

class Work : public testing::Test {
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
  static Result<CorpusStatistics> count(const CorpusTask& task) {
    CorpusStatistics s;
    s.documents = task.documents;
    s.vocabulary[static_cast<std::int32_t>(task.first_document)].count = 1;
    return s;
  }
  PlanFolder folder_;
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

TEST_F(Work, TasksHoldAllDocumentsOnce) {
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

TEST_F(Work, PlansComeBackFromTheirText) {
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

TEST_F(Work, KeysChangeWithWhateverChangesResults) {
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

TEST_F(Work, ManyWorkersDoEachTaskAndTheSumIsThatOfOne) {
  const CorpusPlan one = plan(1), whole = plan(1000);
  std::vector<std::thread> team;
  for (int w = 0; w < 4; ++w) team.emplace_back([&] { EXPECT_TRUE(work(folder_, one, {}, count, {}).ok()); });
  for (std::thread& worker : team) worker.join();
  const Result<Merged> merged = merge(folder_, one, false);
  ASSERT_TRUE(merged.ok()) << merged.error().message();
  EXPECT_EQ(merged.value().statistics.documents, whole.documents());
  EXPECT_TRUE(fs::is_empty(folder_.root / "claims"));
}

TEST_F(Work, ATaskThatFailsTwiceStandsWithItsReason) {
  const CorpusPlan tasks = plan(1);
  int calls = 0;
  const RunTask run = [&](const CorpusTask& task) -> Result<CorpusStatistics> {
    if (task.first_document != 1) return count(task);
    ++calls;
    return Error{.what = "a stone in the way"};
  };
  const Result<WorkDone> done = work(folder_, tasks, {}, run, {});
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(done.value().computed, 2u);
  EXPECT_EQ(done.value().failed, 1u);
  EXPECT_FALSE(merge(folder_, tasks, false).ok());
  const Result<Merged> partial = merge(folder_, tasks, true);
  ASSERT_TRUE(partial.ok());
  EXPECT_EQ(partial.value().missing.size(), 1u);
  const std::vector<TaskStatus> status = status_of(folder_, tasks, std::chrono::seconds(60));
  EXPECT_EQ(status[1].state, TaskState::kFailed);
  EXPECT_NE(status[1].said.find("a stone in the way"), std::string::npos);
}

TEST_F(Work, AClaimIsHeldRenewedAndTakenWhenStale) {
  const fs::path file = folder_.claim("ab");
  {
    const auto mine = Claim::take(file, std::chrono::seconds(1));
    ASSERT_TRUE(mine.ok());
    ASSERT_NE(mine.value(), nullptr);
    EXPECT_EQ(Claim::take(file, std::chrono::seconds(1)).value(), nullptr);
    EXPECT_EQ(claim_state(file, std::chrono::seconds(60)), ClaimState::kHeld);
  }
  EXPECT_FALSE(fs::exists(file));
  std::ofstream(file) << "somebody who was killed";
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(claim_state(file, std::chrono::seconds(60)), ClaimState::kStale);
  EXPECT_NE(Claim::take(file, std::chrono::seconds(60)).value(), nullptr);
}

TEST_F(Work, ADamagedPartIsNamedAndVerifyFindsOtherBits) {
  const CorpusPlan tasks = plan(1000);
  ASSERT_TRUE(work(folder_, tasks, {}, count, {}).ok());
  EXPECT_EQ(verify(folder_, tasks, 1, count).value(), 1u);
  const RunTask other = [](const CorpusTask& task) {
    Result<CorpusStatistics> s = count(task);
    s.value().tokens = 1;
    return s;
  };
  EXPECT_FALSE(verify(folder_, tasks, 1, other).ok());
  const fs::path part = folder_.part(tasks.tasks[0].key);
  std::string bytes;
  std::getline(std::ifstream(part, std::ios::binary), bytes, '\0');
  std::ifstream in(part, std::ios::binary);
  bytes.assign(std::istreambuf_iterator<char>(in), {});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    std::ofstream(part, std::ios::binary) << damaged;
    EXPECT_FALSE(merge(folder_, tasks, false).ok()) << i;
  }
}

}  // namespace
}  // namespace sg
