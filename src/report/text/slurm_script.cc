#include "report/text/slurm_script.h"

#include <fmt/format.h>

#include <algorithm>

namespace sg {
namespace {

constexpr std::size_t kMostJobs = 1000;  // Slurm's MaxArraySize is 1001 unless the cluster says otherwise

/// For a line of #SBATCH, as a file's name: quoted, and without patterns.
std::string sbatch_name(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '%' ? std::string("%%") : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string slurm_script(const std::string& folder, std::size_t tasks) {
  const std::size_t jobs = std::clamp<std::size_t>(tasks, 1, kMostJobs);
  return fmt::format(
      R"(#!/bin/bash
# {tasks} tasks for up to {jobs} jobs. Nodes without a network: fetch the model first, with streamgauge pull.
# A job that is stopped, preempted or requeued loses the task in hand alone; any job may be started again at any time.
# Jobs share the tasks out among as many as there are. Where the cluster allows shorter arrays alone (scontrol show config,
# MaxArraySize), or fewer at once: sbatch --array=0-99%10 takes the place of the line below.
#SBATCH --job-name=streamgauge
#SBATCH --array=0-{last}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
#SBATCH --output="{folder}/slurm-%A_%a.log"
set -u
streamgauge=${{STREAMGAUGE:-streamgauge}}
"$streamgauge" work {quoted_folder} --offline --no-progress ${{SLURM_CPUS_PER_TASK:+--threads "$SLURM_CPUS_PER_TASK"}} \
  --shard "${{SLURM_ARRAY_TASK_ID:-0}}/${{SLURM_ARRAY_TASK_COUNT:-1}}" --lease 5m &
worker=$!
trap 'kill -TERM "$worker" 2>/dev/null' TERM
wait "$worker"
code=$?
# A signal ended the wait, not the worker: it is given the time to let go of its task.
if kill -0 "$worker" 2>/dev/null; then
  wait "$worker"
  code=$?
fi
exit "$code"
)",
      fmt::arg("tasks", tasks), fmt::arg("jobs", jobs), fmt::arg("last", jobs - 1),
      fmt::arg("folder", sbatch_name(folder)), fmt::arg("quoted_folder", shell_quoted(folder)));
}

}  // namespace sg
