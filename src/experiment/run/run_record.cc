#include "experiment/run/run_record.h"

#include "store/row_bytes.h"

namespace sg {

Result<void> put_record(RowStore& store, const RunRecord& record) { return store.put_run(row_bytes(record)); }

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
