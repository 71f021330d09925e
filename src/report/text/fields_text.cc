#include "report/text/fields_text.h"

#include "report/text/text_table.h"
#include "spectra/weight_row.h"

namespace sg {
namespace {

/// Fields of a row type, each with a line of its own; rows inside are listed by themselves.
template <FieldRow Row>
void add_fields(TextTable& table, const char* name) {
  const Row row;
  each_field(row, [&](const RowField& field, const auto&) {
    if (*field.about != '\0') table.row({name, field.key, field.unit, field.about});
  });
}

}  // namespace

std::string fields_text() {
  TextTable table({{"row", Align::kLeft}, {"key", Align::kLeft}, {"unit", Align::kLeft}, {"what", Align::kLeft}});
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
