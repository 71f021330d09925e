#include "report/text/heads_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr double kSink = 0.5;  // from here on a head looks at the first token more than at all others together

/// Means over the prompts, at their last tokens, of one layer's heads.
struct LayerMeans {
  std::vector<double> contribution, first_token, massive, entropy;  // by head
};

LayerMeans means_of(std::span<const SequenceHeads> heads, std::size_t at) {
  LayerMeans means;
  const auto mean = [&](LayerTable LayerHeads::*table) {
    std::vector<double> out((heads.front().layers[at].*table).layers);
    for (const SequenceHeads& s : heads) {
      const LayerTable& values = s.layers[at].*table;
      for (std::size_t h = 0; h < out.size(); ++h) {
        out[h] += values.at(h, values.tokens - 1) / static_cast<double>(heads.size());
      }
    }
    return out;
  };
  means.contribution = mean(&LayerHeads::contribution);
  means.first_token = mean(&LayerHeads::first_token_mass);
  means.massive = mean(&LayerHeads::massive_mass);
  means.entropy = mean(&LayerHeads::entropy);
  return means;
}

double mean_of_all(const std::vector<double>& values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return sum / static_cast<double>(values.size());
}

std::string largest(const std::vector<double>& values) {
  const auto most = std::max_element(values.begin(), values.end());
  return fmt::format("{} ({:.4g})", most - values.begin(), *most);
}

}  // namespace

std::string heads_text(const Measurement& m, std::span<const SequenceHeads> heads) {
  if (heads.empty() || heads.front().layers.empty()) return "";
  TextTable table({{"layer", Align::kRight},
                   {"writes most", Align::kRight},
                   {"looks at token 0", Align::kRight},
                   {"mean", Align::kRight},
                   {"sinks", Align::kRight},
                   {"at massive tokens", Align::kRight},
                   {"entropy", Align::kRight}});
  for (std::size_t i = 0; i < heads.front().layers.size(); ++i) {
    const LayerMeans means = means_of(heads, i);
    const auto sinks = std::ranges::count_if(means.first_token, [](double mass) { return mass > kSink; });
    table.row({std::to_string(heads.front().layers[i].layer), largest(means.contribution), largest(means.first_token),
               fmt::format("{:.3f}", mean_of_all(means.first_token)),
               fmt::format("{} of {}", sinks, means.first_token.size()),
               fmt::format("{:.3f}", mean_of_all(means.massive)), fmt::format("{:.3f}", mean_of_all(means.entropy))});
  }
  double error = 0;
  for (const SequenceHeads& s : heads) error = std::max(error, s.sum_error.value_or(0));
  return fmt::format(
      "\nHeads, at the last token{}: the one that adds most to attn_out (norm), the one that gives token 0 most\n"
      "probability, and how many give it more than half; the probability of tokens with a massive activation; nats.\n{}"
      "Their vectors and the bias add up to attn_out within {:.1e} of its norm.\n",
      m.sequences.size() == 1 ? "" : fmt::format(", mean over {} prompts", m.sequences.size()), table.text(), error);
}

}  // namespace sg
