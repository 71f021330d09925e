#include "report/text/model_text.h"

#include <fmt/format.h>

#include "base/number_text.h"
#include "report/text/text_table.h"

namespace sg {

std::string model_line(const ModelFacts& m) {
  const std::string kv = m.n_kv_heads == m.n_heads ? "" : fmt::format(" ({} kv)", m.n_kv_heads);
  return fmt::format("{}   {}, {}, d_model {}, {}{} of {}, {}, {}{}, {}, {}, {} parameters\n", printable(m.id),
                     m.family, counted(m.n_layers, "layer"), m.d_model, counted(m.n_heads, "head"), kv, m.d_head,
                     m.norm, m.mlp, m.parallel_residual ? ", parallel" : "", m.tied_embeddings ? "tied" : "untied",
                     m.dtype, short_count(m.parameters));
}

std::string run_line(const Measurement& m) {
  std::size_t tokens = 0;
  for (const SequenceMeasurement& s : m.sequences) tokens += s.sequence.ids.size();
  return fmt::format("{}, {}, {}, peak {}\n", counted(m.sequences.size(), "prompt"), counted(tokens, "token"),
                     seconds_text(m.seconds), bytes_text(m.peak_bytes));
}

std::string token_name(const std::string& token, std::int32_t id) {
  return token.empty() ? fmt::format("id {}", id) : "\"" + printable(token) + "\"";
}

std::string top_token(const LogitStats& stats, std::size_t width) {
  return stats.top.empty() ? "-" : shortened(token_name(stats.top.front().token, stats.top.front().id), width);
}

std::string listed(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last : ", ";
    text += words[i];
  }
  return text;
}

std::string counted(std::size_t n, const std::string& noun) {
  return fmt::format("{} {}{}", grouped(n), noun, n == 1 ? "" : "s");
}

}  // namespace sg
