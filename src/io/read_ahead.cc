#include "io/read_ahead.h"

#include <sys/mman.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "io/file_map.h"
#include "io/window.h"

namespace sg {
namespace {

// Between two looks at whether the group is still wanted; large enough for a disk's full speed.
constexpr std::size_t kStep = std::size_t{8} << 20;

}  // namespace

ReadAhead::ReadAhead(Trace* trace) : trace_(trace) {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // A limit on processes, or no memory for a stack: start and give_back then do what needs no thread.
  }
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ReadAhead::start(Group group) {
  // Here, since whoever needs them may be faster than the thread.
  if (group.alone) std::ranges::for_each(group.ranges, prefetch_all);
  if (!thread_.joinable()) {
    std::ranges::for_each(group.ranges, prefetch);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(group);
  }
  wake_.notify_one();
}

void ReadAhead::give_back(std::vector<std::span<const std::byte>> ranges) {
  std::erase_if(ranges, [](const auto& range) { return drop_from_window(range); });
  if (ranges.empty()) return;
  if (!thread_.joinable()) {
    for (const auto& range : ranges) release(range);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    spent_.insert(spent_.end(), ranges.begin(), ranges.end());
  }
  wake_.notify_one();
}

bool ReadAhead::still_wanted() {
  const std::lock_guard lock(mutex_);
  return !stop_ && !next_;
}

void ReadAhead::run() {
  while (true) {
    std::optional<Group> wanted;
    std::vector<std::span<const std::byte>> spent;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || next_.has_value() || !spent_.empty(); });
      if (stop_) return;
      wanted = std::exchange(next_, std::nullopt);
      spent = std::exchange(spent_, {});
    }
    for (const auto& range : spent) release(range);
    if (wanted) read(*wanted);
  }
}

void ReadAhead::read(const Group& group) {
  std::size_t total = 0;
  for (const auto& range : group.ranges) total += range.size();
  const TraceSpan span(
      trace_, "read", [&] { return group.name; }, total);
  ensure(group.ranges);  // those that are elsewhere, all together: several are fetched at once
  std::ranges::for_each(group.ranges, prefetch);
  for (const auto& range : group.ranges) {
    if (!range.empty() && is_in_window(range.data())) continue;
    for (std::size_t at = 0; at < range.size() && still_wanted(); at += kStep)
      read_now(range.subspan(at, std::min(kStep, range.size() - at)));
  }
}

}  // namespace sg
