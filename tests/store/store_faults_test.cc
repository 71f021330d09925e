// The store among processes: killed, two at once, a full disk, a folder that cannot be written.
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <random>

#include "measure/any_rows.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store_folder.h"

namespace sg {
namespace {

using tests::bits_of;
using tests::kKey;
using tests::StoreFolder;

/// A measurement that follows from its number, large enough that writing it takes several pages.
SequenceMeasurement numbered(std::int32_t number) {
  constexpr std::size_t kTokens = 40, kLayers = 6;
  SequenceMeasurement m;
  m.sequence.ids.assign(kTokens, number);
  m.sequence.tokens.resize(kTokens);
  m.norms.embed.assign(kTokens, number + 0.5);
  for (LayerTable* table : {&m.norms.resid_pre, &m.norms.attn_out, &m.norms.mlp_out, &m.norms.resid_post}) {
    *table = LayerTable(kLayers, kTokens);
    for (std::size_t i = 0; i < table->values.size(); ++i) table->values[i] = static_cast<double>(i) / (number + 1);
  }
  m.logits.push_back({.position = kTokens - 1, .mean = 1.0 * number, .top = {{1, "t", 0.5}}});
  return m;
}

/// Runs `work` in a process of its own; its result is the exit code.
pid_t start(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  return child;
}

int exit_code(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Exit code 0, or that of the first error.
int put_numbers(const std::filesystem::path& file, std::int32_t from, std::int32_t to) {
  const auto store = open_store(file, StoreAccess::kWrite);
  if (!store.ok()) return store.error().exit_code();
  for (std::int32_t number = from; number < to; ++number) {
    const SequenceMeasurement rows[] = {numbered(number), numbered(number + 100'000)};
    const auto put = store.value()->put(kKey, rows);
    if (!put.ok()) return put.error().exit_code();
  }
  return 0;
}

/// How many of the numbers are there; every one that is must be whole, and come with its partner.
std::int32_t count_whole(const std::filesystem::path& file, std::int32_t end) {
  const auto store = open_store(file, StoreAccess::kWrite);
  if (!store.ok()) ADD_FAILURE() << store.error().message();
  std::int32_t count = 0;
  for (std::int32_t number = 0; store.ok() && number < end; ++number) {
    const SequenceMeasurement expected = numbered(number), partner = numbered(number + 100'000);
    const auto found = store.value()->find(kKey, expected.sequence.ids);
    const auto other = store.value()->find(kKey, partner.sequence.ids);
    if (!found.ok() || !other.ok()) {
      ADD_FAILURE() << (found.ok() ? other : found).error().message();
      return -1;
    }
    EXPECT_EQ(found.value().has_value(), other.value().has_value());
    if (!found.value()) continue;
    EXPECT_EQ(bits_of(*found.value()), bits_of(expected));
    ++count;
  }
  EXPECT_EQ(Database::open(file, OpenAs::kExisting).value().run("PRAGMA integrity_check").ok(), true);
  return count;
}

TEST(StoreFaults, AKilledProcessLeavesWholeMeasurements) {
  const StoreFolder folder;
  constexpr std::int32_t kRows = 120;
  std::mt19937 random(7);
  int killed = 0;
  for (int round = 0; round < 25; ++round) {
    const pid_t child = start([&] { return put_numbers(folder.file(), 0, kRows); });
    ::usleep(std::uniform_int_distribution<useconds_t>(0, 40'000)(random));
    ::kill(child, SIGKILL);
    killed += exit_code(child) < 0 ? 1 : 0;
    if (std::filesystem::exists(folder.file())) count_whole(folder.file(), kRows);
    if (round % 8 == 7) {
      // Again from nothing, so that the making of the file is hit as well.
      for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file().string() + end);
    }
  }
  EXPECT_GT(killed, 5);
  EXPECT_EQ(exit_code(start([&] { return put_numbers(folder.file(), 0, 20); })), 0);
  EXPECT_GE(count_whole(folder.file(), kRows), 20);
}

TEST(StoreFaults, TwoProcessesShareOneStore) {
  for (int round = 0; round < 5; ++round) {
    const StoreFolder folder;
    constexpr std::int32_t kRows = 40;
    // Half of what they write is the same.
    const pid_t one = start([&] { return put_numbers(folder.file(), 0, 30); });
    const pid_t two = start([&] { return put_numbers(folder.file(), 10, kRows); });
    EXPECT_EQ(exit_code(one), 0);
    EXPECT_EQ(exit_code(two), 0);
    EXPECT_EQ(count_whole(folder.file(), kRows), kRows);
    Database db = Database::open(folder.file(), OpenAs::kExisting).value();
    EXPECT_EQ(db.integer("SELECT count(*) FROM sequences").value(), 2 * kRows);
  }
}

TEST(StoreFaults, AFullDiskIsExitCode4AndTheStoreIntact) {
  for (rlim_t limit = 0; limit < 700'000; limit += 140'000) {
    const StoreFolder folder;
    ASSERT_EQ(exit_code(start([&] { return put_numbers(folder.file(), 0, 3); })), 0);
    const int code = exit_code(start([&] {
      ::signal(SIGXFSZ, SIG_IGN);  // as the program does
      const rlimit size = {limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &size);
      return put_numbers(folder.file(), 3, 80);
    }));
    EXPECT_EQ(code, 4) << limit;
    EXPECT_GE(count_whole(folder.file(), 80), 3) << limit;
    // With space again it goes on.
    EXPECT_EQ(exit_code(start([&] { return put_numbers(folder.file(), 0, 20); })), 0);
    EXPECT_GE(count_whole(folder.file(), 80), 20) << limit;
  }
}

/// In a process without the rights of root, which no folder refuses.
int without_rights(const std::function<int()>& work) {
  return exit_code(start([&] {
    const bool root = ::geteuid() == 0;
    if (root && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0)) return 99;
    return work();
  }));
}

TEST(StoreFaults, AFolderThatCannotBeWrittenIsReadAndIsExitCode4ForAWriter) {
  const StoreFolder folder;
  ASSERT_EQ(put_numbers(folder.file(), 0, 3), 0);
  const auto parent = folder.file().parent_path();
  ::chmod(folder.file().c_str(), 0444);
  ::chmod(parent.c_str(), 0555);
  EXPECT_EQ(without_rights([&] { return put_numbers(folder.file(), 3, 4); }), 4);
  EXPECT_EQ(without_rights([&] { return put_numbers(parent / "new.sqlite", 0, 1); }), 4);
  EXPECT_EQ(without_rights([&] {
              const auto store = open_store(folder.file(), StoreAccess::kRead);
              if (!store.ok()) return store.error().exit_code();
              const auto found = store.value()->find(kKey, numbered(1).sequence.ids);
              return found.ok() && found.value() && bits_of(*found.value()) == bits_of(numbered(1)) ? 0 : 50;
            }),
            0);
  ::chmod(parent.c_str(), 0755);
}

TEST(StoreFaults, ALogLeftInAFolderThatCannotBeWrittenIsSaid) {
  const StoreFolder folder;
  const pid_t child = start([&] {
    const int code = put_numbers(folder.file(), 0, 1);
    auto store = open_store(folder.file(), StoreAccess::kWrite);
    const SequenceMeasurement m = numbered(7);
    if (code == 0 && store.ok() && store.value()->put(kKey, {&m, 1}).ok()) ::raise(SIGKILL);
    return 1;
  });
  EXPECT_EQ(exit_code(child), -1);
  const std::filesystem::path log = folder.file().string() + "-wal";
  ASSERT_GT(std::filesystem::file_size(log), 0u);
  std::filesystem::remove(folder.file().string() + "-shm");
  const auto parent = folder.file().parent_path();
  for (const auto& file : {folder.file(), log}) ::chmod(file.c_str(), 0444);
  ::chmod(parent.c_str(), 0555);
  EXPECT_EQ(without_rights([&] {
              const auto store = open_store(folder.file(), StoreAccess::kRead);
              return store.ok() ? 0 : store.error().exit_code();
            }),
            4);
  for (const auto& file : {folder.file(), log}) ::chmod(file.c_str(), 0644);
  ::chmod(parent.c_str(), 0755);
  const auto store = open_store(folder.file(), StoreAccess::kRead);
  ASSERT_TRUE(store.ok()) << store.error().message();
  EXPECT_TRUE(store.value()->find(kKey, numbered(7).sequence.ids).value().has_value());
}

}  // namespace
}  // namespace sg
