#include "report/text/corpus_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kMostPlaces = 5;

const std::vector<TokenDistribution>* find(const CorpusStatistics& s, const char* name) {
  const auto found = s.quantities.find(name);
  return found == s.quantities.end() ? nullptr : &found->second;
}

std::string shown(const std::optional<double>& value) { return value ? short_number(*value) : "-"; }

std::string median(const std::vector<TokenDistribution>* quantity, std::size_t layer) {
  return quantity == nullptr ? "-" : shown((*quantity)[layer].rest.quantile(0.5));
}

std::string layers_text(const CorpusStatistics& s) {
  const std::vector<TokenDistribution>* norms = find(s, "resid_post");
  if (norms == nullptr) return "";
  TextTable table({"layer", "mean norm", "median", "1 %", "99 %", "first token", "gain", "attention", "MLP",
                   "first token's share"});
  for (std::size_t l = 0; l < norms->size(); ++l) {
    const TokenDistribution& norm = (*norms)[l];
    table.row({std::to_string(l), shown(norm.rest.moments.mean()), median(norms, l), shown(norm.rest.quantile(0.01)),
               shown(norm.rest.quantile(0.99)), shown(norm.first.moments.mean()), median(find(s, "gain"), l),
               median(find(s, "attention_share"), l), median(find(s, "mlp_share"), l),
               l < s.first_token_share.size() ? shown(s.first_token_share[l].moments.mean()) : "-"});
  }
  return "resid_post, without the first token of each window unless it is named; gain, attention and MLP are "
         "medians\n" +
         table.text();
}

std::string output_text(const CorpusStatistics& s) {
  const std::vector<TokenDistribution>*entropy = find(s, "entropy"), *loss = find(s, "loss");
  if (entropy == nullptr || loss == nullptr) return "";
  const std::optional<double> mean = (*loss)[0].all().moments.mean();
  return fmt::format(
      "\nentropy {} nats, loss {} nats (perplexity {}); correlation of the last norm with entropy {}, with loss {}\n",
      shown((*entropy)[0].all().moments.mean()), shown(mean), mean ? short_number(std::exp(*mean)) : "-",
      shown(s.norm_entropy.pearson()), shown(s.norm_loss.pearson()));
}

std::string massive_text(const CorpusStatistics& s) {
  if (s.massive.empty()) return "\nno massive activation\n";
  std::vector<std::pair<std::pair<std::uint32_t, std::uint32_t>, MassiveRow>> places(s.massive.begin(),
                                                                                     s.massive.end());
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  std::uint64_t all = 0, first = 0;
  for (const auto& [place, row] : places) {
    all += row.count;
    first += row.at_first;
  }
  std::string text = fmt::format(
      "\n{} massive activations in {} places (layer and channel), {:.1f} % of them in the first token of a window\n",
      grouped(all), grouped(places.size()), 100.0 * static_cast<double>(first) / static_cast<double>(all));
  for (std::size_t i = 0; i < std::min(places.size(), kMostPlaces); ++i) {
    const auto& [place, row] = places[i];
    text += fmt::format("  resid_post[{}], channel {}: {} times, up to {}\n", place.first, place.second,
                        grouped(row.count), short_number(row.largest));
  }
  return text;
}

}  // namespace

std::string not_finite_text(const CorpusStatistics& s) {
  const std::vector<TokenDistribution>* norms = find(s, "resid_post");
  for (std::size_t layer = 0; norms != nullptr && layer < norms->size(); ++layer) {
    const std::uint64_t tokens = (*norms)[layer].all().moments.not_finite;
    if (tokens == 0) continue;
    return fmt::format(
        "{} have a norm that is not finite, the first at resid_post[{}]; {} counted apart, and sums over {} windows, "
        "as of channels, are left empty.",
        counted(tokens, "token"), layer, tokens == 1 ? "it is" : "they are", tokens == 1 ? "its" : "their");
  }
  return "";
}

std::string corpus_text(const ModelFacts& model, const CorpusPlan& plan, const CorpusStatistics& s,
                        const std::string& digest) {
  const Precision precision = plan.options.precision;
  const std::string type = precision == Precision::kFloat32 ? "" : fmt::format(", as if in {}", name(precision));
  std::string text =
      fmt::format("{}{}: {} in {} of up to {}, {}\n\n", model.id, type, counted(s.tokens, "token"),
                  counted(s.windows, "window"), plan.options.windows.context, counted(s.documents, "document"));
  if (const std::string odd = not_finite_text(s); !odd.empty()) text += odd + "\n\n";
  text += layers_text(s) + output_text(s) + massive_text(s);
  return text + fmt::format("\ndigest {}\n", digest);
}

}  // namespace sg
