#include "corpus/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <map>

#include "base/folder.h"
#include "base/sha.h"
#include "base/thread_pool.h"
#include "corpus/part.h"
#include "tasks/part.h"

namespace sg {
namespace {

void join(Merged& merged, Merged other) {
  merged.statistics.add(other.statistics);
  merged.parts += other.parts;
  std::move(other.missing.begin(), other.missing.end(), std::back_inserter(merged.missing));
}

/// Adds the parts of the tasks from `begin` to `end`.
Result<Merged> merge_run(const TaskFolder& folder, const CorpusPlan& plan, std::size_t begin, std::size_t end) {
  Merged merged;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string& key = plan.tasks[i].key;
    const std::filesystem::path file = folder.part(key);
    if (!has_part(file, key)) {
      merged.missing.push_back(i);
      continue;
    }
    SG_TRY(const std::string part, read_part(file, key));
    SG_TRY(CorpusStatistics statistics, statistics_of(part, file.string()));
    statistics.shift_documents(plan.tasks[i].shift);
    merged.statistics.add(statistics);
    ++merged.parts;
  }
  return merged;
}

/// A share of the tasks, as work has them.
struct Share {
  std::size_t begin = 0, end = 0;
};
Share share_of(const CorpusPlan& plan, std::uint64_t shard, std::uint64_t shards) {
  const std::uint64_t n = plan.tasks.size();
  return {.begin = n * shard / shards, .end = n * (shard + 1) / shards};
}

std::filesystem::path sums_of(const TaskFolder& folder) { return folder.root / "sums"; }
std::filesystem::path sum_file(const TaskFolder& folder, std::uint64_t shard, std::uint64_t shards) {
  return sums_of(folder) / fmt::format("{}-of-{}", shard, shards);
}

/// Of the parts that are in it.
std::string key_of_sum(const CorpusPlan& plan, const Share& share) {
  Sha256 sum;
  for (std::size_t i = share.begin; i < share.end; ++i) sum.add(plan.tasks[i].key);
  return sum.hex();
}

/// A number of shares whose sums are all there; 0 when there is none.
std::uint64_t shares_there(const TaskFolder& folder) {
  std::map<std::uint64_t, std::uint64_t> found;
  for (const std::filesystem::path& file : entries_of(sums_of(folder))) {
    const std::string name = file.filename().string();
    std::uint64_t shard = 0, shards = 0;
    const char* end = name.data() + name.size();
    const auto first = std::from_chars(name.data(), end, shard);
    if (!std::string_view(first.ptr, end).starts_with("-of-")) continue;
    const auto second = std::from_chars(first.ptr + 4, end, shards);
    if (second.ec == std::errc() && second.ptr == end && shard < shards) ++found[shards];
  }
  for (const auto& [shards, files] : found) {
    if (files == shards) return shards;
  }
  return 0;
}

Result<Merged> read_sum(const TaskFolder& folder, const CorpusPlan& plan, std::uint64_t shard, std::uint64_t shards) {
  const Share share = share_of(plan, shard, shards);
  const std::filesystem::path file = sum_file(folder, shard, shards);
  SG_TRY(const std::string part, read_part(file, key_of_sum(plan, share)));
  Merged merged;
  SG_TRY(merged.statistics, statistics_of(part, file.string()));
  merged.parts = share.end - share.begin;
  return merged;
}

/// sums[i] for all i below the count, by threads that each have a run of them, together.
Result<Merged> add_all(std::size_t count, std::size_t threads,
                       const std::function<Result<Merged>(std::size_t begin, std::size_t end)>& add) {
  const std::size_t runs = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(count / 2, 1));
  std::vector<Result<Merged>> sums(runs, Merged());
  ThreadPool pool(static_cast<int>(runs));
  pool.parallel_chunks(runs, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) sums[r] = add(count * r / runs, count * (r + 1) / runs);
  });
  Merged merged;
  for (Result<Merged>& sum : sums) {
    if (!sum.ok()) return std::move(sum).error();
    join(merged, std::move(sum).value());
  }
  return merged;
}

}  // namespace

std::vector<Task> tasks_of(const CorpusPlan& plan) {
  std::vector<Task> tasks;
  for (const CorpusTask& task : plan.tasks) {
    tasks.push_back({.key = task.key,
                     .what = fmt::format("{}, bytes {} to {}", task.range.file, task.range.begin, task.range.end)});
  }
  return tasks;
}

Result<std::uint64_t> sum_share(const TaskFolder& folder, const CorpusPlan& plan, std::uint64_t shard,
                                std::uint64_t shards) {
  const Share share = share_of(plan, shard, shards);
  SG_TRY(const Merged merged, merge_run(folder, plan, share.begin, share.end));
  if (!merged.missing.empty()) {
    const std::vector<Task> all = tasks_of(plan);
    const auto at = [&](std::size_t i) { return all.begin() + static_cast<std::ptrdiff_t>(i); };
    return parts_missing(folder, {at(share.begin), at(share.end)});
  }
  SG_TRY_VOID(write_part(sum_file(folder, shard, shards), key_of_sum(plan, share), part_of(merged.statistics)));
  return merged.parts;
}

Result<Merged> merge(const TaskFolder& folder, const CorpusPlan& plan, const MergeOptions& options) {
  if (const std::uint64_t shares = options.use_sums ? shares_there(folder) : 0) {
    return add_all(shares, options.threads, [&](std::size_t begin, std::size_t end) -> Result<Merged> {
      Merged merged;
      for (std::size_t i = begin; i < end; ++i) {
        SG_TRY(Merged sum, read_sum(folder, plan, i, shares));
        join(merged, std::move(sum));
      }
      return merged;
    });
  }
  SG_TRY(Merged merged, add_all(plan.tasks.size(), options.threads, [&](std::size_t begin, std::size_t end) {
           return merge_run(folder, plan, begin, end);
         }));
  if (merged.missing.empty() || options.partial) return merged;
  return parts_missing(folder, tasks_of(plan));
}

}  // namespace sg
