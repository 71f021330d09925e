#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <charconv>

#include "tokenizer/byte_level.h"
#include "tokenizer/tokenizer_impl.h"
#include "tokenizer/unicode.h"

namespace sg {
namespace {

/// Offsets are 32 bits, and spelling bytes or spaces can make a text three times longer, twice over.
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 28;

/// The byte that "<0xHH>" names, or -1.
int byte_of_token(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') return -1;
  int byte = -1;
  const auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
  return error == std::errc() && end == piece.data() + 5 ? byte : -1;
}

}  // namespace

Result<void> TokenizerEngine::set_added_tokens(std::vector<AddedToken> tokens) {
  std::vector<AddedToken> raw, normalized;
  for (AddedToken& token : tokens) {
    if (bpe.vocab().piece(token.id) != token.content) extra.add(token.content, token.id);
    if (is_added.size() <= static_cast<std::size_t>(token.id)) is_added.resize(static_cast<std::size_t>(token.id) + 1);
    is_added[static_cast<std::size_t>(token.id)] = true;
    if (token.special && split_special) continue;
    if (token.normalized) {
      SG_TRY(Normalizer::Normal normal, normalizer.apply(token.content));
      token.content = std::move(normal.text);
    }
    (token.normalized ? normalized : raw).push_back(std::move(token));
  }
  SG_TRY(raw_added, AddedTokens::build(std::move(raw)));
  SG_TRY(normalized_added, AddedTokens::build(std::move(normalized)));
  return {};
}

std::string_view TokenizerEngine::piece(TokenId id) const {
  return extra.has(id) ? extra.piece(id) : bpe.vocab().piece(id);
}

std::string TokenizerEngine::text_of(TokenId id) const {
  const std::string_view spelled = piece(id);
  if (id >= 0 && static_cast<std::size_t>(id) < is_added.size() && is_added[static_cast<std::size_t>(id)]) {
    return std::string(spelled);
  }
  if (spelling.byte_level) return with_replacement_characters(byte_level_decode(spelled));
  if (const int byte = spelling.byte_tokens ? byte_of_token(spelled) : -1; byte >= 0) {
    return with_replacement_characters(std::string(1, static_cast<char>(byte)));
  }
  std::string text(spelled);
  for (std::size_t at = 0; !spelling.space.empty() && (at = text.find(spelling.space, at)) != std::string::npos; ++at) {
    text.replace(at, spelling.space.size(), " ");
  }
  return text;
}

Result<void> TokenizerEngine::encode_part(std::string_view text, bool starts_text, Bpe::Scratch& scratch,
                                          std::vector<TokenId>& ids) const {
  SG_TRY(const Normalizer::Normal normal, normalizer.apply(text));
  SG_TRY(const std::vector<TextPart> parts, normalized_added.split(normal.text));
  for (const TextPart& part : parts) {
    if (part.id != kNoToken) {
      ids.push_back(part.id);
      continue;
    }
    Words words{.text = normal.text.substr(part.begin, part.end - part.begin), .words = {}};
    const std::uint32_t start =
        starts_text && normal.start > part.begin ? static_cast<std::uint32_t>(normal.start) - part.begin : 0;
    words.words.push_back({0, part.end - part.begin, start});
    SG_TRY_VOID(pre_tokenize(steps, words));
    for (const Words::Word& word : words.words) bpe.encode(words.view(word), scratch, ids);
  }
  return {};
}

Result<std::vector<TokenId>> TokenizerEngine::encode(std::string_view text, bool add_special) const {
  if (const auto at = first_invalid_utf8(text)) {
    return Error{.what = "the text is not UTF-8",
                 .expected = "well-formed UTF-8",
                 .got = "an ill-formed sequence at byte " + std::to_string(*at),
                 .hint = "Convert the text to UTF-8 first."};
  }
  if (text.size() > kMaxTextBytes) {
    return Error{.kind = ErrorKind::kResource,
                 .what = "the text is too long",
                 .expected = "at most " + std::to_string(kMaxTextBytes) + " bytes",
                 .got = std::to_string(text.size())};
  }
  Bpe::Scratch scratch;
  std::vector<TokenId> ids;
  ids.reserve(text.size() + 8);  // a token has a byte at least; pages that are not written to cost nothing
  if (add_special) ids = before;
  SG_TRY(const std::vector<TextPart> parts, raw_added.split(text));
  for (const TextPart& part : parts) {
    if (part.id != kNoToken) {
      ids.push_back(part.id);
    } else {
      SG_TRY_VOID(encode_part(text.substr(part.begin, part.end - part.begin), part.begin == 0, scratch, ids));
    }
  }
  if (add_special) ids.insert(ids.end(), after.begin(), after.end());
  return ids;
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text, bool add_special) const {
  return impl_->encode(text, add_special);
}

std::string_view name(Special special) {
  switch (special) {
    case Special::kAuto: return "auto";
    case Special::kNone: return "none";
    case Special::kBos: return "bos";
  }
  return "";
}

std::optional<Special> find_special(std::string_view word) {
  const auto* const found = std::ranges::find(kSpecials, word, [](Special special) { return name(special); });
  return found != std::end(kSpecials) ? std::optional(*found) : std::nullopt;
}

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text, Special special) const {
  if (special == Special::kBos && bos_token() == kNoToken) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "the tokenizer has no BOS token",
                 .expected = "one in tokenizer.json, tokenizer_config.json or tokenizer.ggml.bos_token_id",
                 .hint = "--special none measures the text alone"};
  }
  SG_TRY(std::vector<std::int32_t> ids, encode(text, special == Special::kAuto));
  if (special == Special::kBos) ids.insert(ids.begin(), bos_token());
  return ids;
}

std::int32_t Tokenizer::bos_token() const { return impl_->bos != kNoToken ? impl_->bos : bos(); }

std::string Tokenizer::token_text(std::int32_t id) const { return impl_->text_of(id); }
std::string Tokenizer::token_bytes(std::int32_t id) const {
  const int byte = byte_of_token(token_piece(id));
  return byte >= 0 ? std::string(1, static_cast<char>(byte)) : byte_level_decode(token_piece(id));
}
std::string_view Tokenizer::token_piece(std::int32_t id) const { return impl_->piece(id); }
std::int32_t Tokenizer::size() const { return std::max(impl_->bpe.vocab().size(), impl_->extra.size()); }
std::int32_t Tokenizer::bos() const { return impl_->before.empty() ? kNoToken : impl_->before.front(); }

}  // namespace sg
