// CorpusStatistics: what is kept of the tokens of a corpus. Statistics of parts add up to those of the whole, to the
// bit, in any grouping and order (docs/adr/0021).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "corpus/distribution.h"
#include "corpus/fixed_sum.h"
#include "corpus/top_list.h"

namespace sg {

inline constexpr std::size_t kMostExtremes = 100;  // entries of each list of extremes
inline constexpr std::size_t kContext = 12;        // token ids that an entry shows, its own the last

/// Where a token stands in a corpus.
struct TokenPlace {
  std::uint64_t document = 0;  // from 0, over all files
  std::uint64_t position = 0;  // in the document, in tokens without special ones
  auto operator<=>(const TokenPlace&) const = default;
};

/// A token that stands out. Entries are ordered by size, then by place.
struct Extreme {
  double size = 0;  // larger comes first
  TokenPlace place;
  std::uint32_t layer = 0, channel = 0;
  double value = 0;
  std::uint64_t window_position = 0;
  std::vector<std::int32_t> context;  // ids up to and with the token itself

  std::strong_ordering operator<=>(const Extreme& other) const;
  bool operator==(const Extreme& other) const { return std::is_eq(*this <=> other); }
};

/// One channel of resid_post over all tokens: terms are sums over a window.
struct ChannelRow {
  FixedSum sum, squares;
  float largest = 0;  // of the magnitudes
};

/// One entry of the vocabulary, where it is not the first token of its window.
struct VocabularyRow {
  std::uint64_t count = 0;
  FixedSum norm, gain;  // of resid_post[last]; of the last block
};

/// A place of massive activations.
struct MassiveRow {
  std::uint64_t count = 0, at_first = 0;  // at_first: in the first token of a window
  double largest = 0;                     // of the magnitudes
};

/// The output distribution of tokens whose norm is alike.
struct EntropyRow {
  Moments entropy, loss;
};

struct CorpusStatistics {
  std::uint64_t documents = 0, windows = 0, tokens = 0;  // tokens: positions measured, special ones with them
  std::uint64_t empty_documents = 0;                     // without a token
  std::uint64_t windows_with_bos = 0;                    // windows that begin with a special token

  /// By name (kQuantities), then by layer; quantities without layers have one.
  std::map<std::string, std::vector<TokenDistribution>> quantities;
  /// Of windows: token 0's share of the Frobenius norm of resid_post, by layer.
  std::vector<Distribution> first_token_share;
  /// By name ("resid_post", "entropy", "loss"), layer, and position_bucket of the window's position.
  std::map<std::string, std::vector<std::map<std::uint32_t, Moments>>> positions;
  std::vector<std::vector<ChannelRow>> channels;  // [layer][channel]
  std::map<std::int32_t, VocabularyRow> vocabulary;
  std::map<std::pair<std::uint32_t, std::uint32_t>, MassiveRow> massive;  // by layer and channel
  TopList<Extreme> massive_list{kMostExtremes}, largest{kMostExtremes}, smallest{kMostExtremes};
  Relation norm_entropy, norm_loss;                     // with the norm of resid_post[last]
  std::map<std::uint32_t, EntropyRow> entropy_by_norm;  // by norm_bucket
  /// Rows that --keep-every asked for: resid_post of every layer.
  std::map<TokenPlace, std::vector<double>> kept;

  /// Calls visit(piece) for everything above, in one order: how statistics add up, are written and are read.
  template <class Visit>
  void each_piece(Visit&& visit) {
    pieces(*this, visit);
  }
  template <class Visit>
  void each_piece(Visit&& visit) const {
    pieces(*this, visit);
  }

  void add(const CorpusStatistics& other);
  /// Documents get numbers that are so much larger: those of a corpus that stands behind another.
  void shift_documents(std::uint64_t by);
  /// Equal statistics have equal bytes.
  void write(PartWriter& out) const;
  static Result<CorpusStatistics> read(PartReader& in);

 private:
  template <class Self, class Visit>
  static void pieces(Self& self, Visit&& visit) {
    visit(self.documents);
    visit(self.windows);
    visit(self.tokens);
    visit(self.empty_documents);
    visit(self.windows_with_bos);
    visit(self.quantities);
    visit(self.first_token_share);
    visit(self.positions);
    visit(self.channels);
    visit(self.vocabulary);
    visit(self.massive);
    visit(self.massive_list);
    visit(self.largest);
    visit(self.smallest);
    visit(self.norm_entropy);
    visit(self.norm_loss);
    visit(self.entropy_by_norm);
    visit(self.kept);
  }
};

/// 0 to 63 as they are, then four to every power of two.
std::uint32_t position_bucket(std::uint64_t position);
/// The first position of a bucket.
std::uint64_t first_of_position_bucket(std::uint32_t bucket);
/// Eight to every power of two; `norm` is finite and not negative.
std::uint32_t norm_bucket(double norm);
/// The smallest norm of a bucket.
double least_of_norm_bucket(std::uint32_t bucket);

}  // namespace sg
