#include "report/text/status_text.h"

#include <fmt/format.h>

#include <algorithm>
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

std::string cost_text(const WorkCost& cost) {
  std::string text = fmt::format("about {} tokens, {:.2g} floating-point operations, {} of weights for each worker\n",
                                 grouped(cost.tokens), cost.flops, bytes_text(cost.weights));
  const double seconds = cost.flops / cost.pace.flops_per_second;
  if (!(seconds > 0) || cost.tasks == 0) return text;
  const double pace = static_cast<double>(cost.tokens) / seconds;
  std::string times;
  for (const std::uint64_t machines : {1, 10, 100, 1000}) {
    if (machines > 1 && machines > cost.tasks * 9) break;
    // A machine does whole tasks.
    const std::uint64_t turns = (cost.tasks + machines - 1) / machines;
    times +=
        fmt::format("{}{} on {}", machines == 1 ? "" : ", ",
                    seconds_text(seconds * static_cast<double>(turns) / static_cast<double>(cost.tasks)), machines);
  }
  return text +
         fmt::format("at most {} tokens a second here ({:.0f} GFLOPS measured, {} threads, {}), so at least {} {}\n",
                     pace < 10 ? fixed(pace, 1) : grouped(static_cast<std::uint64_t>(pace)),
                     cost.pace.flops_per_second / 1e9, cost.pace.threads, cost.pace.isa, times, "such machines");
}

}  // namespace sg
