#include "cli/explore_file.h"

#include "base/text_file.h"
#include "cli/flags.h"
#include "report/data/measurement_json.h"
#include "report/explorer/explorer_page.h"

namespace sg {
namespace {

ExplorerOptions options_of(const Tokenizer* names) {
  ExplorerOptions options;
  if (names != nullptr) options.token_bytes = [names](std::int32_t id) { return names->token_bytes(id); };
  return options;
}

Result<void> write_page(const std::string& file, const Result<std::string>& page) {
  return page.ok() ? write_document(file, page.value()) : Result<void>(page.error());
}

}  // namespace

void add_explore(CLI::App& command, ExploreArguments& arguments) {
  add_value(command, "--explore", arguments.file, "FILE.html",
            "a page to look around in: layers by tokens, every definition, massive activations; FILE.html, one "
            "file that asks for nothing (docs/explorer.md)");
  add_list(command, "--beside", arguments.beside, "FILE.json",
           "a measurement of the same prompts, as --json wrote it, that the page shows as B; repeat it for the "
           "checkpoints of a training run, which get a slider");
}

Result<std::vector<Measurement>> read_beside(const ExploreArguments& arguments, const std::vector<Output>& outputs) {
  std::vector<Measurement> all;
  if (!arguments.beside.empty() && arguments.file.empty()) {
    return usage_error(
        {.what = "--beside is shown on the page of --explore", .where = "--beside", .hint = "add --explore FILE.html"});
  }
  for (const std::string& file : arguments.beside) {
    SG_TRY_VOID(spare_inputs(outputs, {file}));
    SG_TRY(const std::string content, read_text_file(file));
    SG_TRY(all.emplace_back(), read_measurement(content, file));
  }
  return all;
}

Result<void> write_explorer(const std::string& file, const Measurement& measurement,
                            const std::vector<Measurement>& beside, const Tokenizer* names,
                            const std::vector<SequenceHeads>& heads) {
  if (file.empty()) return {};
  std::vector<const Measurement*> shown = {&measurement};
  for (const Measurement& other : beside) shown.push_back(&other);
  ExplorerOptions options = options_of(names);
  options.heads = heads;
  return write_page(file, explorer_html(shown, options));
}

Result<void> write_explorer(const std::string& file, const std::vector<Comparison>& comparisons,
                            const Tokenizer* names) {
  if (file.empty()) return {};
  return write_page(file, explorer_html(comparisons.front(), options_of(names)));
}

}  // namespace sg
