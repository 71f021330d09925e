// A corpus.json read again, for what is shown beside another one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg {

/// What a comparison shows of one set of tokens. Absent where the corpus had no such token.
struct DistributionView {
  std::uint64_t count = 0;
  std::optional<double> mean, q01, q50, q99;
};
struct TokensView {
  DistributionView all, first, without_first;
};

struct CorpusView {
  std::string label;  // the folder's name
  std::string model, fingerprint, digest;
  std::vector<std::string> files;
  std::uint64_t tokens = 0, windows = 0, documents = 0, context = 0, massive = 0;
  std::map<std::string, std::vector<TokensView>> quantities;  // by layer; one entry for those without layers
  std::vector<DistributionView> first_token_share;            // by layer
  /// Of the last layer's resid_post: first position of each range and mean norm.
  std::vector<std::pair<std::uint64_t, std::optional<double>>> positions;

  const std::vector<TokensView>* find(const std::string& quantity) const;
};

bool is_corpus_folder(const std::filesystem::path& folder);
/// Errors: no corpus.json, one of another version.
Result<CorpusView> read_corpus_view(const std::filesystem::path& folder);

}  // namespace sg
