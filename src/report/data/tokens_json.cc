#include "report/data/tokens_json.h"

#include "report/data/json_text.h"

namespace sg {
namespace {

/// As json_text writes a list of plain values.
template <class Write>
Result<void> write_list(const std::vector<std::int32_t>& ids, GatheringSink& out, const Write& write) {
  SG_TRY_VOID(out.add("["));
  for (std::size_t i = 0; i < ids.size(); ++i) SG_TRY_VOID(out.add((i > 0 ? ", " : "") + write(ids[i])));
  return out.add("]");
}

}  // namespace

Result<void> write_tokens_json(const std::vector<Sequence>& sequences,
                               const std::function<std::string(std::int32_t id)>& token_text, const TextSink& sink) {
  GatheringSink out(sink);
  SG_TRY_VOID(out.add("{\n  \"sequences\": ["));
  for (const Sequence& s : sequences) {
    SG_TRY_VOID(out.add(&s == &sequences.front() ? "\n    {\n      \"text\": " : ",\n    {\n      \"text\": "));
    SG_TRY_VOID(out.add(json_string(*s.text) + ",\n      \"ids\": "));
    SG_TRY_VOID(write_list(s.ids, out, [](std::int32_t id) { return std::to_string(id); }));
    SG_TRY_VOID(out.add(",\n      \"tokens\": "));
    SG_TRY_VOID(write_list(s.ids, out, [&](std::int32_t id) { return json_string(token_text(id)); }));
    SG_TRY_VOID(out.add("\n    }"));
  }
  SG_TRY_VOID(out.add(sequences.empty() ? "]\n}\n" : "\n  ]\n}\n"));
  return out.flush();
}

}  // namespace sg
