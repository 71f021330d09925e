#include "experiment/run/run_record.h"

#include "store/row_bytes.h"

namespace sg {

std::vector<GivenFact> given_facts(const std::vector<std::pair<std::string, Value>>& facts) {
  std::vector<GivenFact> given;
  for (const auto& [key, value] : facts) {
    GivenFact& fact = given.emplace_back(GivenFact{.key = key});
    if (const auto* truth = std::get_if<bool>(&value)) fact.truth = *truth;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) fact.integer = *integer;
    if (const auto* number = std::get_if<double>(&value)) fact.number = *number;
    if (const auto* text = std::get_if<std::string>(&value)) fact.text = *text;
  }
  return given;
}

std::vector<std::pair<std::string, Value>> facts_of(const std::vector<GivenFact>& given) {
  std::vector<std::pair<std::string, Value>> facts;
  for (const GivenFact& fact : given) {
    Value value;
    if (fact.truth) value = *fact.truth;
    if (fact.integer) value = *fact.integer;
    if (fact.number) value = *fact.number;
    if (fact.text) value = *fact.text;
    facts.emplace_back(fact.key, std::move(value));
  }
  return facts;
}

Result<void> put_record(RowStore& store, const RunRecord& record) {
  std::vector<ModelName> names;
  for (const ModelOutcome& model : record.models) {
    if (!model.facts) continue;
    names.push_back({model.facts->fingerprint, model.key});
    const RowKey rows = row_key(model.facts->fingerprint, record.engine);
    if (rows.precision) names.push_back({fingerprint_of_rows(rows), model.key});
  }
  SG_TRY_VOID(store.put_run(row_bytes(record)));
  return store.put_names(names);
}

Result<std::optional<RunRecord>> find_record(RowStore& store) {
  SG_TRY(const std::optional<std::string> bytes, store.find_run());
  if (!bytes) return std::optional<RunRecord>();
  std::optional<RunRecord> record = row_of_bytes<RunRecord>(*bytes);
  if (!record) {
    return Error{.what = "the store's record of its run is not as this program writes it",
                 .hint = "Use the streamgauge that wrote it, or run the experiment into this folder again"};
  }
  for (const ModelOutcome& model : record->models) {
    if (model.facts || model.error) continue;
    return Error{.what = "the store's record of its run is damaged",
                 .where = model.key,
                 .expected = "what is known of the model, or why it could not be opened",
                 .got = "neither",
                 .hint = "Run the experiment into this folder again"};
  }
  return record;
}

}  // namespace sg
