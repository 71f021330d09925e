#include "measure/team.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <numeric>

namespace sg {

Result<std::unique_ptr<Team>> Team::open(const Model& model, const MeasureOptions& options) {
  const Gpus gpus = options.gpus != nullptr ? *options.gpus : Gpus{};
  SG_TRY(const DeviceChoice choice, parse_device(options.device));
  const int threads = options.threads > 0 ? options.threads : available_threads();
  std::unique_ptr<Team> team(new Team(threads, options.warn));
  std::vector<std::string> devices = {options.device};
  if (choice.kind == DeviceChoice::Kind::kCuda) {
    SG_TRY(const std::vector<int> numbers, gpu_numbers(choice, gpus));
    devices.clear();
    for (const int number : numbers) devices.push_back(fmt::format("cuda:{}", number));
  }
  if (devices.size() > 1 && model.checkpoint.is_remote()) {
    team->warn("a model that is elsewhere is read by one GPU alone");
    devices.resize(1);
  }
  const int each = std::max(1, threads / static_cast<int>(devices.size()));
  std::optional<Error> unusable;
  for (const std::string& device : devices) {
    Result<std::unique_ptr<Machine>> machine = Machine::open(each, options.isa, device, gpus);
    if (machine.ok())
      team->machines_.push_back(std::move(machine).value());
    else if (!unusable)
      unusable = std::move(machine).error();
  }
  const bool is_named = !choice.numbers.empty();
  if (unusable && (is_named || team->machines_.empty())) return *std::move(unusable);
  if (devices.size() == 1)
    team->threads_ = team->machines_.front()->pool().threads();  // the system may have refused some
  team->lost_.resize(team->size());
  return team;
}

void Team::warn(const std::string& warning) {
  const std::lock_guard lock(warning_);
  if (warn_) warn_(warning);
}

bool Team::leaves_out(std::size_t machine) {
  const auto lost = std::ranges::count(lost_, true);
  if (static_cast<std::size_t>(lost) + 1 == size()) return false;
  return lost_[machine] = true;
}

Result<void> Team::share_out(std::size_t jobs, const Job& job) {
  std::deque<std::size_t> waiting(jobs);
  std::iota(waiting.begin(), waiting.end(), std::size_t{0});
  std::optional<Error> failure;
  std::mutex mutex;  // of everything above, and of lost_
  const auto next_for = [&](std::size_t machine) -> std::optional<std::size_t> {
    const std::lock_guard lock(mutex);
    if (failure || lost_[machine] || waiting.empty()) return std::nullopt;
    const std::size_t next = waiting.front();
    waiting.pop_front();
    return next;
  };
  const auto failed = [&](std::size_t machine, std::size_t number, Error error) {
    const std::lock_guard lock(mutex);
    if (machines_[machine]->is_lost(error) && leaves_out(machine)) {
      waiting.push_front(number);
      warn(fmt::format("{}: the other GPUs go on without GPU {}", error.message(), machines_[machine]->gpu().value()));
    } else if (!failure) {
      failure = std::move(error);
    }
  };
  const auto work = [&](std::size_t machine) {
    try {
      while (const std::optional<std::size_t> next = next_for(machine)) {
        Result<void> done = job(*next, machine);
        if (!done.ok()) failed(machine, *next, std::move(done).error());
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      waiting.clear();
      throw;  // out of the pool, when the other machines have ended their jobs
    }
  };
  ThreadPool threads(static_cast<int>(size()));
  while (!waiting.empty() && !failure) {  // again when a machine left a job and the others had no more to do
    threads.parallel_for(size(), 1, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t machine = begin; machine < end; ++machine) work(machine);
    });
  }
  if (failure) return *std::move(failure);
  return {};
}

}  // namespace sg
