#include "report/text/tokens_text.h"

#include <unordered_set>

#include "base/display_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {

Result<void> write_tokens_text(const Sequence& s, const TokenWords& words, const TextSink& sink) {
  const std::vector<TextTable::Column> columns = {"position", "id", left("token"), left("as stored")};
  const auto cells = [&](std::size_t t, std::int32_t id) -> std::vector<std::string> {
    return {std::to_string(t), std::to_string(id), "\"" + printable(words.text(id)) + "\"", printable(words.piece(id))};
  };
  std::vector<std::size_t> widths = widths_of(columns);
  const std::unordered_set<std::int32_t> distinct(s.ids.begin(), s.ids.end());
  for (const std::int32_t id : distinct) widen(widths, cells(s.ids.size() - 1, id));  // the last number is the longest
  GatheringSink out(sink);
  SG_TRY_VOID(out.add(counted(s.ids.size(), "token") + "\n" + head_line(columns, widths)));
  for (std::size_t t = 0; t < s.ids.size(); ++t) SG_TRY_VOID(out.add(table_line(columns, widths, cells(t, s.ids[t]))));
  return out.flush();
}

}  // namespace sg
