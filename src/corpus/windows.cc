#include "corpus/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sha.h"

namespace sg {

bool is_sampled(const CorpusDocument& document, std::uint64_t every) {
  if (every <= 1) return true;
  Sha256 sum;
  sum.add(document.text);
  for (const std::int32_t id : document.ids) sum.add(fmt::format("{},", id));
  return std::stoull(sum.hex().substr(0, 15), nullptr, 16) % every == 0;
}

Result<std::vector<std::int32_t>> ids_of(const CorpusDocument& document, const Tokenizer* tokenizer,
                                         std::size_t vocabulary) {
  const auto at_fault = [&](Error error) {
    error.where =
        fmt::format("the document at byte {}{}{}", document.begin, error.where.empty() ? "" : ", ", error.where);
    return error;
  };
  if (document.is_text) {
    if (tokenizer == nullptr) return at_fault({.what = "the model has no tokenizer for text", .hint = "give ids"});
    auto ids = tokenizer->encode(document.text, /*add_special=*/false);
    if (!ids.ok()) return at_fault(ids.error());
    return ids;
  }
  for (const std::int32_t id : document.ids) {
    if (id >= 0 && static_cast<std::size_t>(id) < vocabulary) continue;
    return at_fault({.what = "an id is outside the vocabulary",
                     .expected = fmt::format("an id from 0 to {}", vocabulary - 1),
                     .got = fmt::format("{}", id)});
  }
  return document.ids;
}

std::vector<CorpusWindow> windows_of(std::span<const std::int32_t> ids, std::uint64_t document,
                                     const WindowOptions& options, std::int32_t bos) {
  const std::size_t special = options.with_bos && bos >= 0 ? 1 : 0;
  const std::size_t step = std::max<std::size_t>(options.context - std::min(options.context, special), 1);
  std::vector<CorpusWindow> windows;
  for (std::size_t begin = 0; begin < ids.size(); begin += step) {
    CorpusWindow window = {.document = document, .begin = begin, .special = special, .ids = {}};
    const std::span<const std::int32_t> piece = ids.subspan(begin, std::min(step, ids.size() - begin));
    window.ids.resize(special + piece.size(), bos);
    std::copy(piece.begin(), piece.end(), window.ids.begin() + static_cast<std::ptrdiff_t>(special));
    windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace sg
