// A plan as a job of Slurm.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sg {

/// Between single quotes of a shell, whatever is in it.
std::string shell_quoted(std::string_view text);

/// job.sbatch: an array of jobs, each of which works on its share of the tasks. `folder`: the plan's, by its full name.
std::string slurm_script(const std::string& folder, std::size_t tasks);

}  // namespace sg
