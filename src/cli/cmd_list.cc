// streamgauge list: what is built in, and which models this machine has.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>

#include "base/folder.h"
#include "base/nearest.h"
#include "base/number_text.h"
#include "cli/flags.h"
#include "io/hub_cache.h"
#include "io/zoo_folder.h"
#include "model/family.h"
#include "prompts/suites.h"
#include "report/data/experiment_csv.h"
#include "report/text/list_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

std::string suites_text() {
  TextTable table({left("suite"), "prompts", left("what")});
  for (const Suite& s : all_suites()) table.row({s.name, std::to_string(s.prompts.size()), s.title});
  return table.text();
}

std::string families_text() {
  TextTable table(
      {{"family", Align::kLeft}, {"model_type", Align::kLeft}, {"GGUF", Align::kLeft}, {"models", Align::kLeft}});
  for (const Family* f : all_families()) {
    std::string types(f->model_types), architectures(f->gguf_arch.empty() ? "-" : f->gguf_arch);
    std::ranges::replace(types, '|', ' ');
    std::ranges::replace(architectures, '|', ' ');
    table.row({std::string(f->name), types, architectures, std::string(f->summary)});
  }
  return table.text();
}

std::string models_text() {
  TextTable table({left("model"), left("revision"), left("path")});
  for (const CachedModel& m : cached_models()) table.row({m.id, m.revision, m.path.string()});
  for (const std::filesystem::path& path : entries_of(own_models_folder())) {
    if (path.extension() == ".gguf") table.row({path.stem().string(), "-", path.string()});
  }
  for (const PocketModel& m : pocket_models()) {
    const std::string steps = m.checkpoints > 0 ? ", " + std::to_string(m.checkpoints) + " checkpoints" : "";
    table.row({m.name, "pocket zoo" + steps, m.path.string()});
  }
  if (!table.empty()) return table.text();
  return "No model in " + hub_cache_folder().string() + " or " + own_models_folder().string() + ".\n";
}

/// What `list` lists, by its word.
struct Listing {
  const char* what;
  Result<std::string> (*text)();
};
constexpr Listing kListings[] = {{"suites", [] { return Result<std::string>(suites_text()); }},
                                 {"experiments", experiments_text},
                                 {"families", [] { return Result<std::string>(families_text()); }},
                                 {"definitions", [] { return Result<std::string>(definitions_text()); }},
                                 {"fields", [] { return Result<std::string>(fields_text()); }},
                                 {"tables", [] { return Result<std::string>(tables_text()); }},
                                 {"models", [] { return Result<std::string>(models_text()); }}};

std::vector<std::string> listing_words() {
  std::vector<std::string> words;
  for (const Listing& listing : kListings) words.emplace_back(listing.what);
  return words;
}

/// Whether `word` is the listing's, in the singular or the plural.
bool asks_for(const std::string& word, const std::string& listing) {
  return word == listing || word + "s" == listing ||
         (word.ends_with('y') && word.substr(0, word.size() - 1) + "ies" == listing);
}

/// One of them, its word in the singular or the plural; all, each under its word, when it is empty.
Result<int> run(const std::string& what) {
  std::string all;
  for (const Listing& listing : kListings) {
    if (!what.empty() && !asks_for(what, listing.what)) continue;
    SG_TRY(const std::string text, listing.text());
    all += what.empty() ? (all.empty() ? "" : "\n") + std::string(listing.what) + ":\n\n" + text : text;
  }
  if (all.empty()) return unknown_word("cannot be listed", "", what, listing_words());
  SG_TRY_VOID(print(all));
  return 0;
}

}  // namespace

void add_list(Program& program) {
  auto what = std::make_shared<std::string>();
  CLI::App* command =
      program.app.add_subcommand("list", "suites, experiments, families, definitions, fields, tables and models");
  command->add_option("WHAT", *what, "one of them; all when not given")
      ->type_name(fmt::format("{}", fmt::join(listing_words(), "|")));
  finish_command(program, *command, "streamgauge list definitions", [what] { return run(*what); });
}

}  // namespace sg
