// Work shared out over a folder: claims, failures, shares and groups, with tasks that count.
#include "tasks/work.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "tasks/claim.h"
#include "tasks/part.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

class Work : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-work-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_.root = name;
  }
  void TearDown() override { fs::remove_all(folder_.root); }

  /// So many tasks in each of the groups.
  static std::vector<Task> tasks(std::size_t groups, std::size_t each) {
    std::vector<Task> all;
    for (std::size_t i = 0; i < groups * each; ++i) {
      const std::string digits = std::to_string(1000 + i);
      all.push_back({.key = digits + std::string(60, 'a'),
                     .what = "task " + std::to_string(i),
                     .group = std::to_string(i / each)});
    }
    return all;
  }
  /// Says which, and remembers in what order.
  RunTask say() {
    return [this](std::size_t i) -> Result<std::string> {
      const std::lock_guard lock(mutex_);
      order_.push_back(i);
      return "part " + std::to_string(i);
    };
  }
  TaskFolder folder_;
  std::mutex mutex_;
  std::vector<std::size_t> order_;
};

TEST_F(Work, ManyWorkersDoEachTask) {
  const std::vector<Task> all = tasks(1, 40);
  std::vector<std::thread> team;
  const RunTask run = say();
  for (int w = 0; w < 4; ++w) team.emplace_back([&] { EXPECT_TRUE(work(folder_, all, {}, run).ok()); });
  for (std::thread& worker : team) worker.join();
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(read_part(folder_.part(all[i].key), all[i].key).value(), "part " + std::to_string(i));
  EXPECT_TRUE(fs::is_empty(folder_.root / "claims"));
  const Result<WorkDone> again = work(folder_, all, {}, run);
  EXPECT_EQ(again.value().there, 40u);
  EXPECT_EQ(again.value().computed, 0u);
}

TEST_F(Work, SharesAreRunsThatHoldEachTaskOnce) {
  const std::vector<Task> all = tasks(1, 10);
  std::uint64_t computed = 0;
  for (std::uint64_t shard = 0; shard < 3; ++shard) {
    order_.clear();
    const Result<WorkDone> done = work(folder_, all, {.shard = shard, .shards = 3}, say());
    ASSERT_TRUE(done.ok());
    computed += done.value().computed;
    for (std::size_t i = 1; i < order_.size(); ++i) EXPECT_EQ(order_[i], order_[i - 1] + 1);
  }
  EXPECT_EQ(computed, 10u);
}

TEST_F(Work, AGroupThatSomebodyIsAtComesLast) {
  const std::vector<Task> all = tasks(3, 2);
  fs::create_directories(folder_.root / "claims");
  std::ofstream(folder_.claim(all[0].key)) << "elsewhere:1\n";
  const Result<WorkDone> done = work(folder_, all, {}, say());
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(order_, (std::vector<std::size_t>{2, 3, 4, 5, 1}));
  EXPECT_EQ(done.value().held, 1u);
}

TEST_F(Work, AFailureThatSomebodyEditedSaysNothing) {
  const std::vector<Task> all = tasks(1, 5);
  fs::create_directories(folder_.root / "failed");
  const char* texts[] = {R"({"times":"x"})", R"({"times":2.5,"reason":3})", R"([1])", "",
                         R"({"times":-9223372036854775808})"};
  for (std::size_t i = 0; i < all.size(); ++i) std::ofstream(folder_.failure(all[i].key)) << texts[i];
  for (const TaskStatus& task : status_of(folder_, all, std::chrono::seconds(60)))
    EXPECT_EQ(task.state, TaskState::kToDo);
  EXPECT_EQ(work(folder_, all, {}, say()).value().computed, 5u);
}

TEST_F(Work, AClaimIsAsOldAsItsFileSystemSays) {
  const fs::path file = folder_.claim("key");
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "elsewhere:1\n";
  const auto now = fs::file_time_type::clock::now();
  const auto at = [&](std::chrono::seconds age) { fs::last_write_time(file, now - age); };
  const std::chrono::seconds lease(60);
  at(std::chrono::seconds(-3600));
  EXPECT_EQ(claim_state(file, lease), ClaimState::kStale);  // from the future
  EXPECT_EQ(claim_state(file, Lease(lease, std::chrono::seconds(3600))),
            ClaimState::kHeld);  // of a clock that is ahead
  at(std::chrono::seconds(3600));
  EXPECT_EQ(claim_state(file, lease), ClaimState::kStale);
  EXPECT_EQ(claim_state(file, Lease(lease, std::chrono::seconds(-3600))), ClaimState::kHeld);
  const Lease here = Lease::in(file.parent_path(), lease);
  EXPECT_LT(std::chrono::abs(here.ahead), std::chrono::seconds(5));
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 1);
}

TEST_F(Work, ATaskThatFailsTwiceStandsWithItsReason) {
  const std::vector<Task> all = tasks(1, 3);
  int calls = 0;
  const RunTask run = [&](std::size_t i) -> Result<std::string> {
    if (i != 1) return std::string("done");
    ++calls;
    return Error{.what = "a stone in the way"};
  };
  const Result<WorkDone> done = work(folder_, all, {}, run);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(done.value().computed, 2u);
  EXPECT_EQ(done.value().failed, 1u);
  const std::vector<TaskStatus> status = status_of(folder_, all, std::chrono::seconds(60));
  EXPECT_EQ(status[1].state, TaskState::kFailed);
  EXPECT_NE(status[1].said.find("a stone in the way"), std::string::npos);
  EXPECT_EQ(status[2].state, TaskState::kDone);
}

TEST_F(Work, AWorkerThatLacksAResourceLeavesItsTaskToOthers) {
  const std::vector<Task> all = tasks(1, 3);
  const RunTask lost = [](std::size_t i) -> Result<std::string> {
    if (i == 0) return std::string("part 0");
    return Error{.kind = ErrorKind::kResource, .what = "the device is lost"};
  };
  const Result<WorkDone> done = work(folder_, all, {.resource_ends = true}, lost);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what, "the device is lost");
  const std::vector<TaskStatus> status = status_of(folder_, all, std::chrono::seconds(60));
  EXPECT_EQ(status[0].state, TaskState::kDone);
  EXPECT_EQ(status[1].state, TaskState::kToDo);
  EXPECT_EQ(status[2].state, TaskState::kToDo);
  EXPECT_EQ(work(folder_, all, {}, say()).value().computed, 2u);
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
  EXPECT_EQ(claim_state(file, std::chrono::seconds(60)), ClaimState::kHeld);
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(claim_state(file, std::chrono::seconds(60)), ClaimState::kStale);
  EXPECT_NE(Claim::take(file, std::chrono::seconds(60)).value(), nullptr);
}

TEST_F(Work, AClaimOfAProcessOfThisMachineThatIsNoMoreIsStaleAtOnce) {
  const fs::path file = folder_.claim("ab");
  fs::create_directories(file.parent_path());
  const ::pid_t child = ::fork();
  if (child == 0) {
    std::ofstream(file) << who_is_here() << "\n";
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  ::siginfo_t ended = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<::id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(claim_state(file, std::chrono::hours(1)), ClaimState::kStale);  // nobody has taken note of its end
  while (::waitpid(child, nullptr, 0) < 0) {
  }
  EXPECT_EQ(claim_state(file, std::chrono::hours(1)), ClaimState::kStale);
  std::ofstream(file) << who_is_here() << "\n";
  EXPECT_EQ(claim_state(file, std::chrono::hours(1)), ClaimState::kHeld);
  std::ofstream(file) << "another-machine:" << child << "\n";
  EXPECT_EQ(claim_state(file, std::chrono::hours(1)), ClaimState::kHeld);
}

TEST_F(Work, VerifyFindsOtherBitsAndDamagedPartsAreNamed) {
  const std::vector<Task> all = tasks(1, 4);
  ASSERT_TRUE(work(folder_, all, {}, say()).ok());
  EXPECT_EQ(verify(folder_, all, 1, say()).value(), 4u);
  EXPECT_EQ(verify(folder_, all, 0.01, say()).value(), 1u);
  const RunTask other = [](std::size_t) -> Result<std::string> { return std::string("something else"); };
  const Result<std::uint64_t> found = verify(folder_, all, 1, other);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message().find("other bits"), std::string::npos);
  const fs::path part = folder_.part(all[2].key);
  EXPECT_FALSE(read_part(part, all[1].key).ok());
  fs::resize_file(part, fs::file_size(part) - 1);
  EXPECT_FALSE(read_part(part, all[2].key).ok());
}

}  // namespace
}  // namespace sg
