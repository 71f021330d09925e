#include "report/data/corpus_view.h"

#include "base/folder.h"
#include "base/json_reader.h"
#include "base/text_file.h"

namespace sg {
namespace {

constexpr std::string_view kSchema = "streamgauge.corpus/1";

Result<std::optional<double>> number_or_none(const JsonReader& json, std::string_view key) {
  const std::optional<JsonReader> found = json.find(key);
  if (!found) return std::optional<double>();
  SG_TRY(const double value, found->number());
  return std::optional(value);
}

Result<DistributionView> read_distribution(const JsonReader& json) {
  DistributionView view;
  SG_TRY(view.count, json.get<std::uint64_t>("count"));
  SG_TRY(view.mean, number_or_none(json, "mean"));
  SG_TRY(const JsonReader quantiles, json.at("quantiles"));
  SG_TRY(view.q01, number_or_none(quantiles, "0.01"));
  SG_TRY(view.q50, number_or_none(quantiles, "0.5"));
  SG_TRY(view.q99, number_or_none(quantiles, "0.99"));
  return view;
}

Result<TokensView> read_tokens(const JsonReader& json) {
  TokensView view;
  const std::pair<const char*, DistributionView*> sets[] = {
      {"all", &view.all}, {"first_token", &view.first}, {"without_first", &view.without_first}};
  for (const auto& [name, set] : sets) {
    SG_TRY(const JsonReader item, json.at(name));
    SG_TRY(*set, read_distribution(item));
  }
  return view;
}

Result<void> read_quantities(const JsonReader& root, CorpusView& view) {
  SG_TRY(const JsonReader quantities, root.at("quantities"));
  return quantities.each_member([&](std::string_view name, const JsonReader& quantity) -> Result<void> {
    std::vector<TokensView>& layers = view.quantities[std::string(name)];
    if (const std::optional<JsonReader> value = quantity.find("value")) {
      SG_TRY(layers.emplace_back(), read_tokens(*value));
      return {};
    }
    SG_TRY(const JsonReader rows, quantity.at("layers"));
    return rows.each_item([&](const JsonReader& row) -> Result<void> {
      SG_TRY(layers.emplace_back(), read_tokens(row));
      return {};
    });
  });
}

Result<void> read_positions(const JsonReader& root, CorpusView& view) {
  SG_TRY(const JsonReader positions, root.at("positions"));
  const std::optional<JsonReader> norms = positions.find("resid_post");
  if (!norms) return {};
  SG_TRY(const std::vector<JsonReader> layers, norms->items());
  if (layers.empty()) return {};
  return layers.back().each_item([&](const JsonReader& row) -> Result<void> {
    SG_TRY(const std::uint64_t first, row.get<std::uint64_t>("from"));
    SG_TRY(const std::optional<double> mean, number_or_none(row, "mean"));
    view.positions.emplace_back(first, mean);
    return {};
  });
}

Result<void> read_massive(const JsonReader& root, CorpusView& view) {
  SG_TRY(const JsonReader massive, root.at("massive"));
  SG_TRY(const JsonReader places, massive.at("places"));
  return places.each_item([&](const JsonReader& place) -> Result<void> {
    SG_TRY(const std::uint64_t times, place.get<std::uint64_t>("count"));
    view.massive += times;
    return {};
  });
}

Result<void> read_facts(const JsonReader& root, CorpusView& view) {
  SG_TRY(const JsonReader model, root.at("model"));
  SG_TRY(view.digest, root.get<std::string>("digest"));
  SG_TRY(view.model, model.get<std::string>("id"));
  SG_TRY(view.fingerprint, model.get<std::string>("fingerprint"));
  SG_TRY(const JsonReader engine, root.at("engine"));
  if (const auto precision = engine.find("precision")) {
    SG_TRY(const std::string type, precision->string());
    view.model += ", as if in " + type;
  }
  SG_TRY(const JsonReader corpus, root.at("corpus"));
  SG_TRY(view.tokens, corpus.get<std::uint64_t>("tokens"));
  SG_TRY(view.windows, corpus.get<std::uint64_t>("windows"));
  SG_TRY(view.documents, corpus.get<std::uint64_t>("documents"));
  SG_TRY(view.context, corpus.get<std::uint64_t>("context"));
  SG_TRY(const JsonReader files, corpus.at("files"));
  return files.each_item([&](const JsonReader& file) -> Result<void> {
    SG_TRY(view.files.emplace_back(), file.string());
    return {};
  });
}

}  // namespace

const std::vector<TokensView>* CorpusView::find(const std::string& quantity) const {
  const auto found = quantities.find(quantity);
  return found == quantities.end() || found->second.empty() ? nullptr : &found->second;
}

bool is_corpus_folder(const std::filesystem::path& folder) { return is_there(folder / "corpus.json"); }

Result<CorpusView> read_corpus_view(const std::filesystem::path& folder) {
  const std::string file = (folder / "corpus.json").string();
  SG_TRY(const std::string text, read_text_file(file));
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(text, file));
  SG_TRY(const JsonReader schema, root.at("schema"));
  SG_TRY(const std::string version, schema.string());
  if (version != kSchema) return schema.wrong(kSchema);
  CorpusView view;
  std::filesystem::path name = folder.lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  view.label = name.filename().string();
  SG_TRY_VOID(read_facts(root, view));
  SG_TRY_VOID(read_quantities(root, view));
  SG_TRY_VOID(read_positions(root, view));
  SG_TRY_VOID(read_massive(root, view));
  SG_TRY(const JsonReader shares, root.at("first_token_share"));
  SG_TRY_VOID(shares.each_item([&](const JsonReader& share) -> Result<void> {
    SG_TRY(view.first_token_share.emplace_back(), read_distribution(share));
    return {};
  }));
  return view;
}

}  // namespace sg
