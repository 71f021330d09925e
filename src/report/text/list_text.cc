#include "report/text/list_text.h"

#include <fmt/ranges.h>

#include "experiment/file/builtin.h"
#include "experiment/file/parse.h"
#include "measure/definition.h"
#include "report/text/text_table.h"

namespace sg {

namespace {

std::string words(const auto& all) {
  std::vector<std::string_view> names;
  for (const auto value : all) names.push_back(name(value));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

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
    std::vector<std::string_view> titles;
    for (const VerdictSpec& verdict : e.verdicts) titles.push_back(verdict.title);
    table.row({e.id, e.seed, fmt::format("{}", fmt::join(titles, "; "))});
  }
  return table.text() + "\nstreamgauge run --print NAME shows one, to copy it.\n";
}

}  // namespace sg
