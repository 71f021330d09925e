// streamgauge list: what is built in, and which models this machine has.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/folder.h"
#include "base/number_text.h"
#include "cli/common.h"
#include "experiment/file/builtin.h"
#include "experiment/file/parse.h"
#include "io/hub_cache.h"
#include "io/zoo_folder.h"
#include "measure/definition.h"
#include "model/family.h"
#include "prompts/suites.h"
#include "report/text/fields_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

std::string suites_text() {
  TextTable table({{"suite", Align::kLeft}, {"prompts"}, {"what", Align::kLeft}});
  for (const Suite& s : all_suites()) table.row({s.name, std::to_string(s.prompts.size()), s.title});
  return table.text();
}

std::string families_text() {
  TextTable table(
      {{"family", Align::kLeft}, {"model_type", Align::kLeft}, {"GGUF", Align::kLeft}, {"models", Align::kLeft}});
  for (const Family* f : all_families()) {
    std::string types(f->model_types);
    std::replace(types.begin(), types.end(), '|', ' ');
    table.row(
        {std::string(f->name), types, f->gguf_arch.empty() ? "-" : std::string(f->gguf_arch), std::string(f->summary)});
  }
  return table.text();
}

std::string words(const auto& all) {
  std::string text;
  for (const auto value : all) text.append(text.empty() ? "" : ", ").append(name(value));
  return text;
}

std::string definitions_text() {
  TextTable table({{"name", Align::kLeft}, {"definition", Align::kLeft}, {"what", Align::kLeft}});
  for (const Preset& p : presets()) table.row({std::string(p.name), p.definition.id(), std::string(p.note)});
  return table.text() + "\nAny other is reduction/span/pooling:\n  reduction  " + words(kReductions) +
         "\n  span       " + words(kGainSpans) + "\n  pooling    " + words(kPoolings) + "\n";
}

Result<std::string> experiments_text() {
  TextTable table({{"experiment", Align::kLeft}, {"seed", Align::kLeft}, {"what it concludes", Align::kLeft}});
  for (const BuiltinExperiment& one : builtin_experiments()) {
    SG_TRY(const Experiment e, parse_experiment(std::string(one.text), std::string(one.name) + ".toml"));
    std::string concludes;
    for (const VerdictSpec& verdict : e.verdicts) concludes.append(concludes.empty() ? "" : "; ").append(verdict.title);
    table.row({e.id, e.seed, concludes});
  }
  return table.text() + "\nstreamgauge run --print NAME shows one, to copy it.\n";
}

std::string models_text() {
  TextTable table({{"model", Align::kLeft}, {"revision", Align::kLeft}, {"path", Align::kLeft}});
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

Result<int> run(const std::string& what) {
  if (what == "suites") {
    SG_TRY_VOID(print(suites_text()));
  } else if (what == "families") {
    SG_TRY_VOID(print(families_text()));
  } else if (what == "fields") {
    SG_TRY_VOID(print(fields_text()));
  } else if (what == "definitions") {
    SG_TRY_VOID(print(definitions_text()));
  } else if (what == "models") {
    SG_TRY_VOID(print(models_text()));
  } else {
    SG_TRY(const std::string text, experiments_text());
    SG_TRY_VOID(print(text));
  }
  return 0;
}

}  // namespace

void add_list(Program& program) {
  auto what = std::make_shared<std::string>();
  CLI::App* command =
      program.app.add_subcommand("list", "suites, experiments, families, definitions, fields or models");
  command->add_option("WHAT", *what, "suites, experiments, families, definitions, fields or models")
      ->required()
      ->check(CLI::IsMember({"suites", "experiments", "families", "definitions", "fields", "models"}));
  finish_command(program, *command, "streamgauge list definitions", [what] { return run(*what); });
}

}  // namespace sg
