#include "report/text/tokens_text.h"

#include "base/number_text.h"
#include "report/text/text_table.h"

namespace sg {

std::string tokens_text(const Sequence& s, const std::vector<std::string>& pieces) {
  TextTable table({{"position"}, {"id"}, {"token", Align::kLeft}, {"as stored", Align::kLeft}});
  for (std::size_t t = 0; t < s.ids.size(); ++t) {
    table.row(
        {std::to_string(t), std::to_string(s.ids[t]), "\"" + printable(s.tokens[t]) + "\"", printable(pieces[t])});
  }
  return grouped(s.ids.size()) + (s.ids.size() == 1 ? " token\n" : " tokens\n") + table.text();
}

}  // namespace sg
