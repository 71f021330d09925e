#include "report/explorer/explorer_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/usage_error.h"
#include "measure/definition.h"
#include "report/data/heads_data.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

constexpr std::size_t kMostMassive = 1000;  // of a prompt that the page lists, the largest; it says how many there are
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// JSON has no infinities.
Json number(double x) {
  if (std::isfinite(x)) return x;
  return std::isnan(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

Json prompt_json(const Sequence& s, const ExplorerOptions& options) {
  Json bytes = Json::object();
  for (std::size_t t = 0; options.token_bytes && t < s.tokens.size(); ++t) {
    if (s.tokens[t].find(kReplacement) == std::string::npos) continue;
    bytes[std::to_string(t)] = hexadecimal(options.token_bytes(s.ids[t]));
  }
  return {{"text", s.text}, {"category", s.category}, {"prompt_id", s.prompt_id},
          {"ids", s.ids},   {"tokens", s.tokens},     {"bytes", std::move(bytes)}};
}

/// Numbers by the name of their field; those that are empty are left out, and `unless` too.
struct ArrayFields {
  NumberArrays& arrays;
  Json& object;
  std::string_view unless;

  void operator()(const RowField& field, const LayerTable& table) { (*this)(field, table.values); }
  void operator()(const RowField& field, const std::vector<double>& values) {
    if (!values.empty() && field.key != unless) object[field.key] = arrays.add(values);
  }
};

/// resid_pre is what the block before left, bit for bit, where nothing stands between them.
bool pre_is_previous(const SiteNorms& norms) {
  const LayerTable &pre = norms.resid_pre, &post = norms.resid_post;
  if (pre.empty() || norms.embed.size() != pre.tokens || post.values.size() != pre.values.size()) return false;
  const auto first = pre.values.begin() + static_cast<std::ptrdiff_t>(pre.tokens);
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  return std::equal(pre.values.begin(), first, norms.embed.begin(), same) &&
         std::equal(first, pre.values.end(), post.values.begin(), same);
}

Json lens_json(const SequenceMeasurement& m, std::size_t layers, NumberArrays& arrays) {
  if (m.lens.empty() || m.lens.size() % layers != 0) return nullptr;
  const std::size_t positions = m.lens.size() / layers;
  std::vector<std::size_t> at;
  std::vector<double> entropies;
  for (std::size_t i = 0; i < positions; ++i) at.push_back(m.lens[i].stats.position);
  for (const LensRow& row : m.lens) entropies.push_back(row.stats.entropy);
  return {{"positions", at}, {"entropy", arrays.add_own(std::move(entropies))}};
}

Json heads_json(const SequenceHeads& heads, NumberArrays& arrays) {
  if (heads.layers.empty()) return nullptr;
  Json json = {{"layers", json_list(heads.layers, [](const LayerHeads& layer) { return layer.layer; })},
               {"count", heads.layers.front().entropy.layers}};
  for (const HeadTable& one : kHeadTables) {
    std::vector<double> values;
    for (const LayerHeads& layer : heads.layers) {
      const std::vector<double>& of_layer = (layer.*one.table).values;
      values.insert(values.end(), of_layer.begin(), of_layer.end());
    }
    json[one.name] = arrays.add_own(std::move(values));
  }
  return json;
}

Json logits_json(const std::vector<LogitStats>& logits) {
  const auto top_json = [](const TopToken& t) { return Json::array({t.token, number(t.prob)}); };
  return json_list(logits, [&](const LogitStats& s) {
    return Json{{"position", s.position}, {"entropy", number(s.entropy)}, {"top", json_list(s.top, top_json)}};
  });
}

Json massive_json(std::vector<Massive> values) {
  const auto larger = [](const Massive& a, const Massive& b) { return std::abs(a.value) > std::abs(b.value); };
  std::ranges::stable_sort(values, larger);
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(values.size(), kMostMassive); ++i) {
    const Massive& m = values[i];
    list.push_back(Json::array({m.layer, m.token, m.channel, number(m.value), number(m.median)}));
  }
  return list;
}

Json beside_json(const SequenceComparison& sequence, NumberArrays& arrays) {
  // Sites come in the order of the pass, so the layers of one site do too.
  std::vector<std::pair<Site, std::pair<std::vector<double>, std::vector<double>>>> sites;
  for (const SiteDifference& d : sequence.sites) {
    auto found = std::ranges::find_if(sites, [&](const auto& s) { return s.first == d.place.site; });
    if (found == sites.end()) found = sites.insert(sites.end(), {d.place.site, {}});
    for (const TokenDifference& t : d.tokens) {
      found->second.first.push_back(t.cosine);
      found->second.second.push_back(t.distance);
    }
  }
  Json object = Json::object();
  for (auto& [site, values] : sites) {
    object[std::string(name(site))] = {{"cosine", arrays.add_own(std::move(values.first))},
                                       {"distance", arrays.add_own(std::move(values.second))}};
  }
  return object;
}

/// What stands beside a sequence's own rows; each may be null.
struct Besides {
  const SequenceComparison* comparison = nullptr;
  const SequenceHeads* heads = nullptr;
};

Json sequence_json(const SequenceMeasurement& m, const Besides& besides, const ModelFacts& model, bool without_pre,
                   NumberArrays& arrays) {
  Json norms = Json::object(), dots = Json::object();
  each_field(m.norms, ArrayFields{arrays, norms, without_pre ? "resid_pre" : ""});
  each_field(m.dots, ArrayFields{arrays, dots, ""});
  return {{"norms", std::move(norms)},
          {"dots", std::move(dots)},
          {"lens", lens_json(m, model.n_layers, arrays)},
          {"heads", besides.heads != nullptr ? heads_json(*besides.heads, arrays) : Json(nullptr)},
          {"logits", logits_json(m.logits)},
          {"massive", massive_json(m.massive_values)},
          {"massive_count", m.massive_values.size()},
          {"beside_a", besides.comparison != nullptr ? beside_json(*besides.comparison, arrays) : Json(nullptr)}};
}

Json model_json(const Measurement& m, const Comparison* comparison, std::span<const SequenceHeads> heads,
                NumberArrays& arrays) {
  const bool without_pre =
      std::ranges::all_of(m.sequences, [](const SequenceMeasurement& s) { return pre_is_previous(s.norms); });
  Json sequences = Json::array();
  for (std::size_t i = 0; i < m.sequences.size(); ++i) {
    const Besides besides = {.comparison = comparison != nullptr ? &comparison->sequences[i] : nullptr,
                             .heads = i < heads.size() ? &heads[i] : nullptr};
    sequences.push_back(sequence_json(m.sequences[i], besides, m.model, without_pre, arrays));
  }
  Json facts = row_json(m.model);
  facts.erase("path");  // of this machine: a page is sent around
  Json engine = row_json(m.engine);
  engine.erase("threads");  // on which no result depends
  return {{"name", m.model.id},         {"facts", std::move(facts)},      {"engine", std::move(engine)},
          {"layers", m.model.n_layers}, {"pre_is_previous", without_pre}, {"sequences", std::move(sequences)},
          {"warnings", m.warnings}};
}

Json place_json(SiteRef place) { return {{"site", name(place.site)}, {"layer", place.layer}}; }

void add_definitions(Json& head, std::size_t layers) {
  for (const Reduction r : kReductions) head["reductions"].push_back({{"name", name(r)}, {"title", title(r)}});
  for (const GainSpan span : kGainSpans) {
    const SpanEnds both = ends(span, layers);
    const bool there = both.why_absent.empty();
    head["spans"].push_back({{"name", name(span)},
                             {"title", title(span)},
                             {"numerator", there ? place_json(both.numerator) : Json(nullptr)},
                             {"denominator", there ? place_json(both.denominator) : Json(nullptr)},
                             {"why_absent", both.why_absent}});
  }
  for (const Pooling p : kPoolings) head["poolings"].push_back(name(p));
  for (const Preset& p : presets()) {
    head["presets"].push_back({{"name", p.name}, {"id", p.definition.id()}, {"note", p.note}});
  }
}

Error differs(const char* what, const Measurement& b, std::string expected, std::string got) {
  return {.kind = ErrorKind::kUsage,
          .what = fmt::format("the measurements differ in {}", what),
          .where = b.model.id,
          .expected = std::move(expected),
          .got = std::move(got),
          .hint = "measure both models on the same prompts; their cells are shown one over the other"};
}

void add_row(LayerTable& table, const std::vector<double>& row) {
  table.tokens = row.size();
  table.layers += 1;
  table.values.insert(table.values.end(), row.begin(), row.end());
}
void add_row(std::vector<double>& only, const std::vector<double>& row) { only = row; }

SequenceMeasurement measurement_of(const SequenceComparison& c, bool of_b) {
  SequenceMeasurement m;
  m.sequence = c.sequence;
  for (const SiteDifference& d : c.sites) {
    std::vector<double> row;
    for (const TokenDifference& t : d.tokens) row.push_back(of_b ? t.norm_b : t.norm_a);
    each_field(m.norms, [&](const RowField& site, auto& norms) {
      if (name(d.place.site) == site.key) add_row(norms, row);
    });
  }
  for (const OutputDifference& o : c.outputs) m.logits.push_back(of_b ? o.b : o.a);
  return m;
}

}  // namespace

Json explorer_head(Shown shown, const Comparison* comparison, const ExplorerOptions& options, NumberArrays& arrays) {
  Json prompts = Json::array(), models = Json::array();
  for (const SequenceMeasurement& s : shown.front()->sequences) prompts.push_back(prompt_json(s.sequence, options));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    models.push_back(model_json(*shown[i], i > 0 ? comparison : nullptr,
                                i == 0 ? options.heads : std::span<const SequenceHeads>(), arrays));
  }
  Json head = {{"format", "streamgauge.explorer/1"},
               {"element", arrays.numbers() <= options.most_exact ? "float64" : "float32"},
               {"arrays", arrays.count()},
               {"prompts", std::move(prompts)},
               {"models", std::move(models)}};
  add_definitions(head, shown.front()->model.n_layers);
  return head;
}

std::vector<Measurement> measurements_of(const Comparison& comparison) {
  std::vector<Measurement> both(2);
  for (const bool of_b : {false, true}) {
    Measurement& m = both[of_b ? 1 : 0];
    m.engine = comparison.engine;
    m.model = of_b ? comparison.b : comparison.a;
    m.warnings = comparison.warnings;
    for (const SequenceComparison& c : comparison.sequences) m.sequences.push_back(measurement_of(c, of_b));
  }
  return both;
}

Result<void> check_shown(Shown shown) {
  if (shown.empty() || shown.front()->sequences.empty()) {
    return usage_error({.what = "there is no prompt to explore"});
  }
  const Measurement& a = *shown.front();
  for (const Measurement* other : shown) {
    const Measurement& b = *other;
    if (b.model.n_layers != a.model.n_layers) {
      return differs("depth", b, fmt::format("{} layers as {}", a.model.n_layers, a.model.id),
                     fmt::format("{} layers", b.model.n_layers));
    }
    if (b.sequences.size() != a.sequences.size()) {
      return differs("the number of prompts", b, fmt::format("{}", a.sequences.size()),
                     fmt::format("{}", b.sequences.size()));
    }
    for (std::size_t i = 0; i < a.sequences.size(); ++i) {
      if (b.sequences[i].sequence.ids == a.sequences[i].sequence.ids) continue;
      return differs(fmt::format("the token ids of prompt {}", i + 1).c_str(), b,
                     fmt::format("those of {}", a.model.id), "others");
    }
  }
  return {};
}

}  // namespace sg
