#include "report/text/list_text.h"

#include <fmt/ranges.h>

#include "experiment/file/builtin.h"
#include "experiment/file/parse.h"
#include "measure/definition.h"
#include "report/text/text_table.h"
#include "spectra/weight_row.h"

namespace sg {
namespace {

std::string words(const auto& all) {
  std::vector<std::string_view> names;
  names.reserve(all.size());
  for (const auto value : all) names.push_back(name(value));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Fields of a row type, each with a line of its own; rows inside are listed by themselves.
template <FieldRow Row>
void add_fields(TextTable& table, const char* name) {
  const Row row;
  each_field(row, [&](const RowField& field, const auto&) {
    if (*field.about != '\0') table.row({name, field.key, field.unit, field.about});
  });
}

}  // namespace

std::string definitions_text() {
  TextTable table({left("name"), left("definition"), left("what")});
  for (const Preset& p : presets()) table.row({std::string(p.name), p.definition.id(), std::string(p.note)});
  return table.text() + "\nAny other is reduction/span/pooling:\n  reduction  " + words(kReductions) +
         "\n  span       " + words(kGainSpans) + "\n  pooling    " + words(kPoolings) + "\n";
}

Result<std::string> experiments_text() {
  TextTable table({left("experiment"), left("seed"), left("what it concludes")});
  for (const BuiltinExperiment& one : builtin_experiments()) {
    SG_TRY(const Experiment e, parse_experiment(std::string(one.text), std::string(one.name) + ".toml"));
    std::vector<std::string_view> titles;
    for (const VerdictSpec& verdict : e.verdicts) titles.push_back(verdict.title);
    table.row({e.id, e.seed, fmt::format("{}", fmt::join(titles, "; "))});
  }
  return table.text() + "\nstreamgauge run --print NAME shows one, to copy it.\n";
}

std::string fields_text() {
  TextTable table({left("row"), left("key"), left("unit"), left("what")});
  add_fields<LogitStats>(table, "logits");
  add_fields<LensRow>(table, "lens");
  add_fields<RoutingRow>(table, "routing");
  add_fields<ExpertLoad>(table, "expert_load");
  add_fields<SuperExpert>(table, "super_experts");
  add_fields<TargetRow>(table, "targets");
  add_fields<TopToken>(table, "logits.top");
  add_fields<Massive>(table, "massive");
  add_fields<MatrixStatistics>(table, "matrix");
  add_fields<Spectrum>(table, "matrix.spectrum");
  add_fields<PowerLaw>(table, "matrix.spectrum.power_law");
  add_fields<NonFinite>(table, "matrix.non_finite");
  add_fields<ModelFacts>(table, "model");
  add_fields<RopeFacts>(table, "model.rope");
  add_fields<EngineFacts>(table, "engine");
  return table.text();
}

}  // namespace sg
