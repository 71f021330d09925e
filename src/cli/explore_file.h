// --explore: measurements as a page to look around in (report/explorer).
#pragma once

#include <string>
#include <vector>

#include "cli/common.h"
#include "measure/compare.h"
#include "measure/heads.h"
#include "measure/row.h"
#include "report/file/outputs.h"
#include "tokenizer/tokenizer.h"

namespace sg {

struct ExploreArguments {
  std::string file;
  std::vector<std::string> beside;  // measurements as measure --json wrote them
};
void add_explore(CLI::App& command, ExploreArguments& arguments);

/// The measurements of --beside. Errors (usage): without --explore; an output that is one of them; those of reading.
Result<std::vector<Measurement>> read_beside(const ExploreArguments& arguments, const std::vector<Output>& outputs);

/// Write nothing when no file is named. `names` may be null. Errors: as of explorer_html; of the file.
Result<void> write_explorer(const std::string& file, const Measurement& measurement,
                            const std::vector<Measurement>& beside, const Tokenizer* names,
                            const std::vector<SequenceHeads>& heads = {});
Result<void> write_explorer(const std::string& file, const std::vector<Comparison>& comparisons,
                            const Tokenizer* names);

}  // namespace sg
