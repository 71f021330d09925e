// Made-up measurements, models and experiments for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "experiment/evaluate/evaluate.h"
#include "experiment/file/parse.h"
#include "store/row_store.h"

namespace sg::made_up {

/// One prompt: norms of every token at embed, after each block, and after the final norm.
inline SequenceMeasurement sequence(std::vector<double> embed, const std::vector<std::vector<double>>& post,
                                    std::vector<double> ln_final, double entropy = 1.0) {
  SequenceMeasurement s;
  const std::size_t tokens = embed.size();
  s.sequence.ids.assign(tokens, 1);
  s.norms.resid_pre = s.norms.resid_post = LayerTable(post.size(), tokens);
  for (std::size_t l = 0; l < post.size(); ++l) {
    for (std::size_t t = 0; t < tokens; ++t) {
      s.norms.resid_pre.row(l)[t] = l == 0 ? embed[t] : post[l - 1][t];
      s.norms.resid_post.row(l)[t] = post[l][t];
    }
  }
  s.norms.embed = std::move(embed);
  s.norms.ln_final = std::move(ln_final);
  LogitStats logits;
  logits.position = tokens - 1;
  logits.entropy = entropy;
  logits.max = 3;
  logits.min = -1;
  s.logits.push_back(logits);
  return s;
}

inline ModelData model(const std::string& key, std::vector<SequenceMeasurement> sequences) {
  ModelData data = {.key = key, .name = expression_name(key), .label = key, .source = "made up"};
  data.facts.emplace();
  data.facts->n_layers = sequences.empty() ? 0 : sequences.front().norms.resid_post.layers;
  data.facts->n_heads = 8;
  data.facts->d_head = 64;
  data.facts->norm = "RMSNorm";
  data.sequences = std::move(sequences);
  return data;
}

/// The smallest file that is an experiment, with `more` after it.
inline std::string file(const std::string& more, const std::string& prompts = "texts = [\"a b\", \"c d\"]") {
  return "id = \"test\"\ntitle = \"A test\"\ndefinition = \"last/last_block\"\n[prompts]\n" + prompts +
         "\n[measure]\nlogits = true\nweights = [\"W_U\", \"W_E\"]\n" + more;
}

inline Experiment experiment(const std::string& more, const std::string& prompts = "texts = [\"a b\", \"c d\"]") {
  Result<Experiment> parsed = parse_experiment(file(more, prompts), "test.toml");
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return std::move(parsed).value();
}

/// The first cell of a column in a table; an absent one says why in the failure.
inline const Value& cell(const ResultTable& table, std::size_t row, const std::string& column) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].name == column) return table.rows.at(row).cells.at(c);
  }
  ADD_FAILURE() << "no column " << column;
  static const Value none = Absent{"no column"};
  return none;
}

inline const Value& named(const ExperimentResult& result, const std::string& name) {
  for (const NamedValue& value : result.values) {
    if (value.name == name) return value.value;
  }
  ADD_FAILURE() << "no value " << name;
  static const Value none = Absent{"no value"};
  return none;
}

/// Rows kept in memory; counts what was put.
class MemoryStore : public RowStore {
 public:
  Result<std::optional<SequenceMeasurement>> find(const RowKey& key, std::span<const std::int32_t> ids) override {
    const auto found = rows_.find({model_of(key), {ids.begin(), ids.end()}});
    return found == rows_.end() ? std::optional<SequenceMeasurement>() : found->second;
  }
  Result<void> put(const RowKey& key, std::span<const SequenceMeasurement> rows) override {
    if (puts_left == 0) return Error{.kind = ErrorKind::kResource, .what = "the disk is full"};
    --puts_left;
    for (const SequenceMeasurement& row : rows) {
      ++put_rows;
      rows_.emplace(Key{model_of(key), row.sequence.ids}, row);
    }
    return {};
  }
  Result<std::optional<WeightsReport>> find_weights(const RowKey& key) override {
    const auto found = weights_.find(model_of(key));
    return found == weights_.end() ? std::optional<WeightsReport>() : found->second;
  }
  Result<void> put_weights(const RowKey& key, const WeightsReport& report) override {
    weights_.emplace(model_of(key), report);
    return {};
  }
  Result<std::optional<std::string>> find_run() override { return run_; }
  Result<void> put_run(std::string_view record) override {
    run_ = record;
    return {};
  }
  /// What is stored becomes that of an earlier version of the numerics.
  void age() {
    std::map<Key, SequenceMeasurement> older;
    for (auto& [key, row] : rows_) older.emplace(Key{{key.first.first, 0}, key.second}, std::move(row));
    rows_ = std::move(older);
    std::map<Model, WeightsReport> older_weights;
    for (auto& [key, report] : weights_) older_weights.emplace(Model{key.first, 0}, std::move(report));
    weights_ = std::move(older_weights);
  }

  int puts_left = -1;  // negative: any number
  std::size_t put_rows = 0;

 private:
  using Model = std::pair<std::string, int>;  // fingerprint and numerics
  using Key = std::pair<Model, std::vector<std::int32_t>>;
  static Model model_of(const RowKey& key) { return {key.fingerprint, key.numerics}; }

  std::map<Key, SequenceMeasurement> rows_;
  std::map<Model, WeightsReport> weights_;
  std::optional<std::string> run_;
};

/// A golden model of tests/data with a tokenizer of single ASCII characters beside it, in `folder`/`name`.
inline std::filesystem::path tiny_model(const std::filesystem::path& folder, const std::string& golden) {
  const std::filesystem::path from = std::filesystem::path(SG_TEST_DATA) / "golden" / golden, to = folder / golden;
  std::filesystem::create_directories(to);
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy_file(from / name, to / name, std::filesystem::copy_options::overwrite_existing);
  }
  std::ofstream out(to / "tokenizer.json");
  out << R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,)"
      << R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false},)"
      << R"("post_processor":null,"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","dropout":null,)"
      << R"("unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,)"
      << R"("byte_fallback":false,"merges":[],"vocab":{"\u0120":0)";
  int id = 1;
  for (char c = '!'; c <= '~'; ++c) {
    const std::string text = c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    out << ",\"" << text << "\":" << id++;
  }
  out << "}}}";
  return to;
}

}  // namespace sg::made_up
