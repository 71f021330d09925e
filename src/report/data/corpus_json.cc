#include "report/data/corpus_json.h"

#include <cmath>

#include "corpus/fold.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

using TokenText = std::function<std::string(std::int32_t)>;

Json moments_json(const Moments& m) {
  Json json = {{"count", m.count}, {"not_finite", m.not_finite}, {"mean", m.mean()}, {"std", m.std()}};
  json["min"] = m.count > 0 ? Json(m.min) : Json(nullptr);
  json["max"] = m.count > 0 ? Json(m.max) : Json(nullptr);
  return json;
}

Json distribution_json(const Distribution& d) {
  Json json = moments_json(d.moments);
  Json quantiles = Json::object();
  for (const NamedShare& share : kShares) quantiles[share.name] = d.quantile(share.share);
  json["quantiles"] = std::move(quantiles);
  return json;
}

Json tokens_json(const TokenDistribution& t) {
  return {{"all", distribution_json(t.all())},
          {"first_token", distribution_json(t.first)},
          {"without_first", distribution_json(t.rest)}};
}

Json quantities_json(const CorpusStatistics& statistics) {
  Json all = Json::object();
  for (const CorpusQuantity& quantity : corpus_quantities()) {
    const auto found = statistics.quantities.find(quantity.name);
    if (found == statistics.quantities.end()) continue;
    Json layers = json_list(found->second, tokens_json);
    all[quantity.name] = {{"unit", quantity.unit}, {"what", quantity.what}, {"by_layer", quantity.by_layer}};
    all[quantity.name][quantity.by_layer ? "layers" : "value"] = quantity.by_layer ? std::move(layers) : layers[0];
  }
  return all;
}

Json positions_json(const CorpusStatistics& statistics) {
  Json all = Json::object();
  for (const auto& [name, layers] : statistics.positions) {
    Json by_layer = Json::array();
    for (const auto& buckets : layers) {
      Json rows = Json::array();
      for (const auto& [bucket, moments] : buckets) {
        Json row = {{"from", first_of_position_bucket(bucket)}, {"to", first_of_position_bucket(bucket + 1) - 1}};
        row.update(moments_json(moments));
        rows.push_back(std::move(row));
      }
      by_layer.push_back(std::move(rows));
    }
    all[name] = std::move(by_layer);
  }
  return all;
}

Json extreme_json(const Extreme& e, const TokenText& token_text) {
  Json json = {{"value", e.value},
               {"document", e.place.document},
               {"position", e.place.position},
               {"window_position", e.window_position},
               {"layer", e.layer},
               {"ids", e.context}};
  if (!token_text) return json;
  std::string text;
  for (const std::int32_t id : e.context) text += token_text(id);
  json["token"] = token_text(e.context.back());
  json["context"] = std::move(text);
  return json;
}

Json extremes_json(const TopList<Extreme>& list, const TokenText& token_text, bool with_channel) {
  return json_list(list.items(), [&](const Extreme& e) {
    Json row = extreme_json(e, token_text);
    if (with_channel) row["channel"] = e.channel;
    return row;
  });
}

Json place_json(const auto& counted) {
  const auto& [place, row] = counted;
  return {{"layer", place.first},
          {"channel", place.second},
          {"count", row.count},
          {"at_first_token", row.at_first},
          {"largest", row.largest}};
}

Json massive_json(const CorpusResult& report) {
  return {{"places", json_list(report.statistics.massive, [](const auto& place) { return place_json(place); })},
          {"list", extremes_json(report.statistics.massive_list, report.token_text, /*with_channel=*/true)}};
}

Json relation_json(const Relation& r) { return {{"tokens", r.count}, {"pearson", r.pearson()}}; }

Json entropy_by_norm_json(const CorpusStatistics& statistics) {
  Json rows = Json::array();
  for (const auto& [bucket, row] : statistics.entropy_by_norm) {
    rows.push_back({{"norm_from", least_of_norm_bucket(bucket)},
                    {"norm_to", least_of_norm_bucket(bucket + 1)},
                    {"tokens", row.entropy.count},
                    {"entropy", row.entropy.mean()},
                    {"loss", row.loss.mean()}});
  }
  return rows;
}

Json corpus_facts(const CorpusResult& report) {
  const CorpusOptions& o = report.plan.options;
  const CorpusStatistics& s = report.statistics;
  return {{"files", report.plan.files},     {"documents", s.documents}, {"empty_documents", s.empty_documents},
          {"windows", s.windows},           {"tokens", s.tokens},       {"context", o.windows.context},
          {"bos", s.windows_with_bos > 0},  {"every", o.windows.every}, {"parts", report.parts},
          {"missing_parts", report.missing}};
}

}  // namespace

Json scales_json(const CorpusResult& report) {
  Json sites = Json::object();
  const double root = std::sqrt(static_cast<double>(report.model.d_model));
  for (const CorpusQuantity& quantity : corpus_quantities()) {
    const auto found = report.statistics.quantities.find(quantity.name);
    if (found == report.statistics.quantities.end() || std::string_view(quantity.what).find("norm") != 0) continue;
    Json layers = Json::array();
    for (const TokenDistribution& layer : found->second) {
      const std::optional<double> all = layer.all().moments.mean(), rest = layer.rest.moments.mean();
      const auto scale = [&](const std::optional<double>& mean) {
        return mean && *mean > 0 ? Json(root / *mean) : Json(nullptr);
      };
      layers.push_back({{"mean_norm", all},
                        {"scale", scale(all)},
                        {"mean_norm_without_first", rest},
                        {"scale_without_first", scale(rest)}});
    }
    sites[quantity.name] = quantity.by_layer ? std::move(layers) : layers[0];
  }
  return {{"model", report.model.id},        {"fingerprint", report.model.fingerprint},
          {"d_model", report.model.d_model}, {"tokens", report.statistics.tokens},
          {"digest", report.digest},         {"sites", std::move(sites)}};
}

Json corpus_json(const CorpusResult& report) {
  const CorpusStatistics& s = report.statistics;
  Json json = {{"schema", "streamgauge.corpus/1"}};
  json["engine"] = {{"version", report.engine.version}, {"numerics", report.engine.numerics}};
  if (report.engine.precision) json["engine"]["precision"] = *report.engine.precision;
  json["model"] = row_json(report.model);
  json["corpus"] = corpus_facts(report);
  json["digest"] = report.digest;
  json["quantities"] = quantities_json(s);
  json["first_token_share"] = json_list(s.first_token_share, distribution_json);
  json["positions"] = positions_json(s);
  json["massive"] = massive_json(report);
  json["extremes"] = {{"largest", extremes_json(s.largest, report.token_text, /*with_channel=*/false)},
                      {"smallest", extremes_json(s.smallest, report.token_text, /*with_channel=*/false)}};
  json["relations"] = {{"norm_entropy", relation_json(s.norm_entropy)}, {"norm_loss", relation_json(s.norm_loss)}};
  json["entropy_by_norm"] = entropy_by_norm_json(s);
  json["scales"] = scales_json(report)["sites"];
  return json;
}

}  // namespace sg
