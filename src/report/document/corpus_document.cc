#include "report/document/corpus_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/display_text.h"
#include "base/number_text.h"
#include "report/document/document_text.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

constexpr std::size_t kMostRows = 20, kMostNamed = 5;
constexpr std::uint64_t kOftenEnough = 5;  // of a vocabulary entry, for a mean to be shown

using Cell = DocumentTable::Cell;

Cell text_cell(const std::string& text) { return {printable(text), ""}; }

Paragraph plain(std::string text) { return {.words = {{std::move(text)}}}; }

DocumentTable layers_table(const CorpusStatistics& s) {
  DocumentTable table;
  table.title = "By layer";
  for (const char* head : {"layer", "mean norm", "median", "1 %", "99 %", "first token", "gain", "attention", "MLP",
                           "first token's share"})
    table.columns.push_back({.head = head, .right = true});
  table.note =
      "Norms of resid_post without the first token of each window, which has a column of its own. Gain, attention and "
      "MLP are medians.";
  const auto norms = s.quantities.find("resid_post");
  if (norms == s.quantities.end()) return table;
  const auto median = [&](const char* name, std::size_t l) -> std::optional<double> {
    const auto found = s.quantities.find(name);
    return found == s.quantities.end() ? std::nullopt : found->second[l].rest.quantile(0.5);
  };
  for (std::size_t l = 0; l < norms->second.size(); ++l) {
    const TokenDistribution& t = norms->second[l];
    table.rows.push_back(
        {count_cell(l), number_cell(t.rest.moments.mean()), number_cell(t.rest.quantile(0.5)),
         number_cell(t.rest.quantile(0.01)), number_cell(t.rest.quantile(0.99)), number_cell(t.first.moments.mean()),
         number_cell(median("gain", l)), number_cell(median("attention_share", l)), number_cell(median("mlp_share", l)),
         number_cell(l < s.first_token_share.size() ? s.first_token_share[l].moments.mean() : std::nullopt)});
  }
  return table;
}

using MassivePlace = std::pair<std::pair<std::uint32_t, std::uint32_t>, MassiveRow>;  // layer and channel

/// Those with most tokens first.
std::vector<MassivePlace> massive_places(const CorpusStatistics& s) {
  std::vector<MassivePlace> places(s.massive.begin(), s.massive.end());
  std::ranges::stable_sort(places, std::greater(), [](const MassivePlace& place) { return place.second.count; });
  return places;
}

DocumentTable places_table(const CorpusStatistics& s) {
  const std::vector<MassivePlace> places = massive_places(s);
  DocumentTable table;
  table.title = "Places of massive activations";
  table.columns = {{"layer", true}, {"channel", true}, {"times", true}, {"in first tokens", true}, {"largest", true}};
  for (std::size_t i = 0; i < std::min(places.size(), kMostRows); ++i) {
    const auto& [place, row] = places[i];
    table.rows.push_back({count_cell(place.first), count_cell(place.second), count_cell(row.count),
                          count_cell(row.at_first), number_cell(row.largest)});
  }
  table.note = places.size() > kMostRows ? fmt::format("{} more in massive.csv.", places.size() - kMostRows) : "";
  return table;
}

DocumentTable extremes_table(const CorpusResult& report, const TopList<Extreme>& list, std::string title,
                             bool with_channel) {
  DocumentTable table;
  table.title = std::move(title);
  table.columns = {{with_channel ? "value" : "norm", true}, {"layer", true}};
  if (with_channel) table.columns.push_back({"channel", true});
  for (const char* head : {"document", "position"}) table.columns.push_back({.head = head, .right = true});
  table.columns.push_back({.head = "text up to the token", .right = false});
  for (std::size_t i = 0; i < std::min(list.items().size(), kMostRows); ++i) {
    const Extreme& e = list.items()[i];
    std::string context;
    for (const std::int32_t id : e.context)
      context += report.token_text ? report.token_text(id) : fmt::format("{} ", id);
    std::vector<Cell> row = {number_cell(e.value), count_cell(e.layer)};
    if (with_channel) row.push_back(count_cell(e.channel));
    row.push_back(count_cell(e.place.document));
    row.push_back(count_cell(e.place.position));
    row.push_back(text_cell(context));
    table.rows.push_back(std::move(row));
  }
  return table;
}

DocumentTable vocabulary_table(const CorpusResult& report) {
  std::vector<std::pair<std::int32_t, VocabularyRow>> rows;
  for (const auto& entry : report.statistics.vocabulary) {
    if (entry.second.count >= kOftenEnough && entry.second.norm.outside() == 0 && entry.second.gain.outside() == 0)
      rows.push_back(entry);
  }
  const auto mean = [](const VocabularyRow& row, const FixedSum& sum) {
    return sum.value() / static_cast<double>(row.count);
  };
  std::ranges::stable_sort(rows, [&](const auto& a, const auto& b) {
    return mean(a.second, a.second.norm) > mean(b.second, b.second.norm);
  });
  DocumentTable table;
  table.title = "Vocabulary by mean norm";
  table.columns = {{"id", true}, {"token", false}, {"times", true}, {"mean norm", true}, {"mean gain", true}};
  const auto add = [&](std::size_t i) {
    const auto& [id, row] = rows[i];
    table.rows.push_back({count_cell(static_cast<std::uint64_t>(id)),
                          text_cell(report.token_text ? report.token_text(id) : ""), count_cell(row.count),
                          number_cell(mean(row, row.norm)), number_cell(mean(row, row.gain))});
  };
  const std::size_t half = std::min(kMostRows / 2, rows.size() / 2);
  for (std::size_t i = 0; i < half; ++i) add(i);
  for (std::size_t i = rows.size() - half; i < rows.size(); ++i) add(i);
  table.note = fmt::format(
      "The {} largest and the {} smallest of {} entries that occur {} times or more; all in vocabulary.csv.", half,
      half, grouped(rows.size()), kOftenEnough);
  return table;
}

Paragraph what_was_read(const CorpusResult& r) {
  const CorpusStatistics& s = r.statistics;
  const CorpusOptions& o = r.plan.options;
  return plain(fmt::format(
      "{} in {} of up to {}, {} of {}. {} Fingerprint {}.", counted(s.tokens, "token"), counted(s.windows, "window"),
      o.windows.context, counted(s.documents, "document"), counted(r.plan.files.size(), "file"),
      s.windows_with_bos == 0           ? "Windows begin without a special token."
      : s.windows_with_bos == s.windows ? "Every window begins with the token that the tokenizer puts first."
                                        : "Windows of text begin with the token that the tokenizer puts first.",
      r.model.fingerprint.substr(0, 12)));
}

std::string shown(const std::optional<double>& x) { return x ? short_number(*x) : "-"; }

/// What the output distribution is in the mean.
struct OutputMeans {
  std::string entropy, loss, perplexity, with_entropy, with_loss;  // the last two: correlations of the last norm
};

OutputMeans output_means(const CorpusStatistics& s) {
  const auto mean_of = [&](const char* name) { return s.quantities.at(name)[0].all().moments.mean(); };
  const std::optional<double> loss = mean_of("loss");
  return {shown(mean_of("entropy")), shown(loss), loss ? short_number(std::exp(*loss)) : "-",
          shown(s.norm_entropy.pearson()), shown(s.norm_loss.pearson())};
}

Paragraph output_paragraph(const CorpusStatistics& s) {
  const OutputMeans m = output_means(s);
  return plain(
      fmt::format("Entropy {} nats, loss {} nats, perplexity {}. The norm of the last layer and the entropy correlate "
                  "with {}, the norm and the loss with {}.",
                  m.entropy, m.loss, m.perplexity, m.with_entropy, m.with_loss));
}

/// How many tokens have norms that are not finite, and from which layer on; empty when there are none.
std::string not_finite_text(const CorpusStatistics& s) {
  const auto norms = s.quantities.find("resid_post");
  for (std::size_t layer = 0; norms != s.quantities.end() && layer < norms->second.size(); ++layer) {
    const std::uint64_t tokens = norms->second[layer].all().moments.not_finite;
    if (tokens == 0) continue;
    return fmt::format(
        "{} have a norm that is not finite, the first at resid_post[{}]; {} counted apart, and sums over {} windows, "
        "as of channels, are left empty.",
        counted(tokens, "token"), layer, tokens == 1 ? "it is" : "they are", tokens == 1 ? "its" : "their");
  }
  return "";
}

std::string massive_summary(const CorpusStatistics& s) {
  if (s.massive.empty()) return "\nno massive activation\n";
  const std::vector<MassivePlace> places = massive_places(s);
  std::uint64_t all = 0, first = 0;
  for (const auto& [place, row] : places) {
    all += row.count;
    first += row.at_first;
  }
  std::string text = fmt::format(
      "\n{} massive activations in {} places (layer and channel), {:.1f} % of them in the first token of a window\n",
      grouped(all), grouped(places.size()), 100.0 * static_cast<double>(first) / static_cast<double>(all));
  for (std::size_t i = 0; i < std::min(places.size(), kMostNamed); ++i) {
    const auto& [place, row] = places[i];
    text += fmt::format("  resid_post[{}], channel {}: {} times, up to {}\n", place.first, place.second,
                        grouped(row.count), short_number(row.largest));
  }
  return text;
}

}  // namespace

Document corpus_document(const CorpusResult& report, const std::vector<Picture>& pictures) {
  const CorpusStatistics& s = report.statistics;
  const std::string type = report.engine.precision ? ", as if in " + *report.engine.precision : "";
  Document document = {Heading{.level = 1, .text = report.model.id + " over a corpus" + type}, what_was_read(report)};
  if (report.missing > 0) {
    document.push_back(Callout{.kind = Callout::Kind::kWarning,
                               .head = {{"Parts are missing"}},
                               .words = {{fmt::format("{} of {} parts are not in these numbers.", report.missing,
                                                      report.missing + report.parts)}}});
  }
  if (const std::string odd = not_finite_text(s); !odd.empty()) {
    document.push_back(
        Callout{.kind = Callout::Kind::kWarning, .head = {{"Numbers that are not finite"}}, .words = {{odd}}});
  }
  document.push_back(Heading{.level = 2, .text = "Norms"});
  for (const Picture& picture : pictures)
    document.push_back(FigureBlock{.stem = picture.stem, .title = picture.title, .caption = picture.caption});
  document.push_back(layers_table(s));
  if (s.quantities.contains("loss")) {
    document.push_back(Heading{.level = 2, .text = "Output"});
    document.push_back(output_paragraph(s));
  }
  document.push_back(Heading{.level = 2, .text = "Massive activations"});
  if (s.massive.empty()) {
    document.push_back(
        plain("No value of resid_post is above 100 and above 1,000 times its layer's median magnitude."));
  } else {
    document.push_back(places_table(s));
    document.push_back(extremes_table(report, s.massive_list, "The largest", true));
  }
  document.push_back(Heading{.level = 2, .text = "Tokens of extreme norm"});
  document.push_back(extremes_table(report, s.largest, "Largest norm in the last layer", false));
  document.push_back(extremes_table(report, s.smallest, "Smallest norm in the last layer", false));
  document.push_back(vocabulary_table(report));
  document.push_back(Heading{.level = 2, .text = "How to check it"});
  document.push_back(
      plain("Digest " + report.digest +
            ": the same for the same documents, model and options, however and wherever they were measured."));
  return document;
}

std::string corpus_summary(const CorpusResult& r) {
  const CorpusStatistics& s = r.statistics;
  const std::string type = r.engine.precision ? ", as if in " + *r.engine.precision : "";
  std::string text =
      fmt::format("{}{}: {} in {} of up to {}, {}\n\n", r.model.id, type, counted(s.tokens, "token"),
                  counted(s.windows, "window"), r.plan.options.windows.context, counted(s.documents, "document"));
  if (const std::string odd = not_finite_text(s); !odd.empty()) text += odd + "\n\n";
  if (DocumentTable layers = layers_table(s); !layers.rows.empty()) {
    layers.title = layers.note = "";
    text +=
        "resid_post, without the first token of each window unless it is named; gain, attention and MLP are "
        "medians\n" +
        document_text({layers}, kTextWidth);
  }
  if (s.quantities.contains("entropy") && s.quantities.contains("loss")) {
    const OutputMeans m = output_means(s);
    text += fmt::format(
        "\nentropy {} nats, loss {} nats (perplexity {}); correlation of the last norm with entropy {}, with loss "
        "{}\n",
        m.entropy, m.loss, m.perplexity, m.with_entropy, m.with_loss);
  }
  return text + massive_summary(s) + fmt::format("\ndigest {}\n", r.digest);
}

}  // namespace sg
