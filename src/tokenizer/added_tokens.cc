#include "tokenizer/added_tokens.h"

#include <algorithm>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

std::size_t edge_hash(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15u;  // the golden ratio spreads consecutive nodes
  return static_cast<std::size_t>(key ^ (key >> 32));
}

std::size_t begin_of_last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::size_t strip_left_of(std::string_view text, std::size_t begin, std::size_t floor) {
  while (begin > floor) {
    const std::size_t last = begin_of_last_character(text.substr(0, begin));
    if (!is_whitespace(decode_at(text, last).value)) break;
    begin = last;
  }
  return begin;
}

std::size_t strip_right_of(std::string_view text, std::size_t end) {
  while (end < text.size()) {
    const CodePoint c = decode_at(text, end);
    if (!is_whitespace(c.value)) break;
    end += c.bytes;
  }
  return end;
}

}  // namespace

TokenId AddedTokenList::id_of(const std::string& content) const {
  if (const auto earlier = ids_.find(content); earlier != ids_.end()) return earlier->second;
  if (const TokenId known = vocab_.find(content); known != kNoToken) return known;
  return std::max(largest_ + 1, static_cast<TokenId>(vocab_.count()));
}

void AddedTokenList::add(AddedToken token) {
  if (token.content.empty()) return;
  token.id = id_of(token.content);
  largest_ = std::max(largest_, token.id);
  if (ids_.emplace(token.content, token.id).second) {
    tokens_.push_back(std::move(token));
    return;
  }
  const auto earlier = std::find_if(tokens_.begin(), tokens_.end(), [&](const auto& t) { return t.id == token.id; });
  token.special |= earlier->special;
  *earlier = std::move(token);
}

Result<AddedTokens> AddedTokens::build(std::vector<AddedToken> tokens) {
  AddedTokens added;
  std::erase_if(tokens, [](const AddedToken& token) { return token.content.empty(); });
  added.tokens_ = std::move(tokens);
  added.edges_.resize(64);
  added.token_of_node_.push_back(kNone);
  for (std::uint32_t i = 0; i < added.tokens_.size(); ++i) added.insert(i);
  if (std::any_of(added.tokens_.begin(), added.tokens_.end(),
                  [](const AddedToken& token) { return token.single_word; })) {
    SG_TRY(auto regex, Regex::compile(R"(\A[\w\x{200C}\x{200D}])", "single_word"));
    added.word_character_ = std::make_shared<const Regex>(std::move(regex));
  }
  return added;
}

void AddedTokens::insert(std::uint32_t token) {
  const std::string& content = tokens_[token].content;
  first_byte_[static_cast<unsigned char>(content[0])] = true;
  std::uint32_t node = 0;
  for (const char c : content) node = add_child(node, static_cast<unsigned char>(c));
  if (token_of_node_[node] == kNone) token_of_node_[node] = token;  // the first of two equal contents counts
}

std::uint32_t AddedTokens::child(std::uint32_t node, unsigned char byte) const {
  const std::uint64_t key = std::uint64_t{node} << 8 | byte;
  const std::size_t mask = edges_.size() - 1;
  for (std::size_t at = edge_hash(key) & mask; edges_[at].node != kNone; at = (at + 1) & mask) {
    if (edges_[at].key == key) return edges_[at].node;
  }
  return kNone;
}

std::uint32_t AddedTokens::add_child(std::uint32_t node, unsigned char byte) {
  if (const std::uint32_t known = child(node, byte); known != kNone) return known;
  const auto place = [this](const Edge& edge) {
    const std::size_t mask = edges_.size() - 1;
    std::size_t at = edge_hash(edge.key) & mask;
    while (edges_[at].node != kNone) at = (at + 1) & mask;
    edges_[at] = edge;
  };
  if (2 * (edge_count_ + 1) > edges_.size()) {
    std::vector<Edge> old(edges_.size() * 2);
    old.swap(edges_);
    for (const Edge& edge : old) {
      if (edge.node != kNone) place(edge);
    }
  }
  const auto created = static_cast<std::uint32_t>(token_of_node_.size());
  token_of_node_.push_back(kNone);
  place({std::uint64_t{node} << 8 | byte, created});
  ++edge_count_;
  return created;
}

std::uint32_t AddedTokens::longest_at(std::string_view text, std::size_t at) const {
  std::uint32_t longest = kNone, node = 0;
  while (at < text.size() && (node = child(node, static_cast<unsigned char>(text[at]))) != kNone) {
    if (token_of_node_[node] != kNone) longest = token_of_node_[node];
    ++at;
  }
  return longest;
}

Result<bool> AddedTokens::stands_alone(std::string_view text, std::size_t begin, std::size_t end) const {
  const auto starts_with_word = [&](std::string_view rest) -> Result<bool> {
    std::vector<TextSpan> matches;
    SG_TRY_VOID(Regex::Matcher(*word_character_).find_all(rest.substr(0, utf8_length(rest[0])), matches));
    return !matches.empty();
  };
  if (begin > 0) {
    SG_TRY(const bool inside, starts_with_word(text.substr(begin_of_last_character(text.substr(0, begin)))));
    if (inside) return false;
  }
  if (end < text.size()) {
    SG_TRY(const bool inside, starts_with_word(text.substr(end)));
    if (inside) return false;
  }
  return true;
}

Result<std::vector<TextPart>> AddedTokens::split(std::string_view text) const {
  std::vector<TextPart> parts;
  const auto add = [&](std::size_t begin, std::size_t end, TokenId id) {
    parts.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), id});
  };
  std::size_t done = 0, white_begin = 1, white_end = 0;
  for (std::size_t at = 0; at < text.size() && !tokens_.empty();) {
    const bool possible = first_byte_[static_cast<unsigned char>(text[at])];
    const std::uint32_t found = possible ? longest_at(text, at) : kNone;
    if (found == kNone) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[found];
    std::size_t begin = at, end = at + token.content.size();
    at = end;
    if (token.single_word) {
      SG_TRY(const bool alone, stands_alone(text, begin, end));
      if (!alone) continue;
    }
    if (token.lstrip) begin = std::max(strip_left_of(text, begin, done), done);
    if (token.rstrip) {
      // Within white space that an earlier token took: its end is known.
      end = white_begin <= end && end <= white_end ? white_end : strip_right_of(text, white_begin = end);
      white_end = end;
    }
    if (done < begin) add(done, begin, kNoToken);
    add(begin, end, token.id);
    done = end;
  }
  if (done < text.size()) add(done, text.size(), kNoToken);
  return parts;
}

}  // namespace sg
