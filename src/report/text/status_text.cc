#include "report/text/status_text.h"

#include <fmt/format.h>

#include <array>

#include "base/number_text.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

constexpr std::array<const char*, 5> kStates = {"to do", "running", "stale", "done", "failed"};
constexpr std::size_t kMostLines = 20;

}  // namespace

std::string status_text(const std::vector<TaskStatus>& tasks) {
  std::array<std::uint64_t, kStates.size()> counts{};
  for (const TaskStatus& task : tasks) ++counts[static_cast<std::size_t>(task.state)];
  std::string text = counted(tasks.size(), "task") + ":";
  for (const TaskState state :
       {TaskState::kDone, TaskState::kRunning, TaskState::kStale, TaskState::kToDo, TaskState::kFailed})
    text += fmt::format("{} {} {}", state == TaskState::kDone ? "" : ",",
                        grouped(counts[static_cast<std::size_t>(state)]), kStates[static_cast<std::size_t>(state)]);
  text += "\n";
  std::size_t lines = 0;
  for (const TaskStatus& task : tasks) {
    if (task.said.empty() || lines++ >= kMostLines) continue;
    text += fmt::format("  {}  {}  {}: {}\n", task.task.key.substr(0, 12),
                        kStates[static_cast<std::size_t>(task.state)], task.task.what, task.said);
  }
  if (lines > kMostLines) text += fmt::format("  and {} more\n", lines - kMostLines);
  return text;
}

}  // namespace sg
