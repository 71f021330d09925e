#include "cli/training_files.h"

#include "base/text_file.h"
#include "report/data/tree_json.h"

namespace sg {
namespace {

/// A JSON file's tree; absent when there is no such file.
Result<std::optional<Tree>> read_if_there(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::optional<Tree>();
  SG_TRY(const std::string text, read_text_file(file.string()));
  SG_TRY(Tree tree, read_tree(text, file.string()));
  return std::optional<Tree>(std::move(tree));
}

}  // namespace

Result<TrainingRun> read_training_run(const std::filesystem::path& folder) {
  SG_TRY(TrainingRun run, find_training_run(folder));
  const std::filesystem::path metrics_file = folder / "metrics.json", prompts_file = folder / "prompts.json";
  SG_TRY(const std::optional<Tree> metrics, read_if_there(metrics_file));
  if (metrics) {
    SG_TRY_VOID(add_metrics(run, *metrics, metrics_file.string()));
  }
  SG_TRY(const std::optional<Tree> prompts, read_if_there(prompts_file));
  if (prompts) {
    SG_TRY_VOID(add_prompts(run, *prompts, prompts_file.string()));
  }
  return run;
}

}  // namespace sg
