// Work that is shared out over any number of processes and machines: tasks in one folder that all of them see, done in
// any order, any number of times, with the same bytes for the same key. work, status and verify over it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg {

struct Task {
  std::string key;         // 64 hexadecimal digits, of all that its part depends on
  std::string what;        // for people: "wiki.jsonl, bytes 0 to 4194304"
  std::string group = {};  // tasks of one group share what is costly to open; they stand side by side
};

/// Where things lie in the folder.
struct TaskFolder {
  std::filesystem::path root;
  std::filesystem::path plan() const { return root / "plan.json"; }
  std::filesystem::path part(const std::string& key) const { return root / "parts" / key.substr(0, 2) / key; }
  std::filesystem::path claims() const { return root / "claims"; }
  std::filesystem::path claim(const std::string& key) const { return claims() / key; }
  std::filesystem::path failure(const std::string& key) const { return root / "failed" / (key + ".json"); }
  std::filesystem::path log() const { return root / "log.jsonl"; }
};

/// Whether this plan stands in the folder already. Errors (usage): another one does.
Result<bool> has_plan(const TaskFolder& folder, const std::string& text);

struct WorkOptions {
  std::uint64_t shard = 0, shards = 1;  // the tasks of this share, which stand side by side
  std::chrono::seconds lease{900};      // how long a claim holds that is not renewed
  std::string version;                  // of the program, for the log
  const std::atomic<bool>* stop = nullptr;
  bool resource_ends = false;  // a task that lacks a resource (a GPU that is lost) ends the work and is left to others
};

/// What became of one worker's turn.
struct WorkDone {
  std::uint64_t computed = 0, there = 0, held = 0,
                failed = 0;  // tasks; held: by others, who are at work on them
};

/// What the part of this task holds: the same bytes wherever it is computed.
using RunTask = std::function<Result<std::string>(std::size_t task)>;

/// Does what nobody has done and nobody is doing, until nothing of the kind is left; first groups that nobody is at. A
/// task that fails is tried once more by whoever comes next, and then stands in failed/ with its reason. Errors:
/// interrupted, a folder that cannot be written, with `resource_ends` a task's. What was finished stays.
Result<WorkDone> work(const TaskFolder& folder, const std::vector<Task>& tasks, const WorkOptions& options,
                      const RunTask& run);

enum class TaskState : std::uint8_t { kToDo, kRunning, kStale, kDone, kFailed };

struct TaskStatus {
  Task task;
  TaskState state = TaskState::kToDo;
  std::string said;  // by whom it is held, or why it failed
};
std::vector<TaskStatus> status_of(const TaskFolder& folder, const std::vector<Task>& tasks, std::chrono::seconds lasts);

/// The error when some of these have no part: which, and why those that failed did.
Error parts_missing(const TaskFolder& folder, const std::vector<Task>& tasks);

/// Computes a share of the parts again, chosen at random, and compares bits. Error: one that differs, by name.
Result<std::uint64_t> verify(const TaskFolder& folder, const std::vector<Task>& tasks, double share,
                             const RunTask& run);

}  // namespace sg
