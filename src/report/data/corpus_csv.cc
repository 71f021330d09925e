#include <cmath>

#include "base/number_text.h"
#include "corpus/fold.h"
#include "report/data/corpus_json.h"
#include "report/data/corpus_quantiles.h"
#include "report/data/measurement_csv.h"

namespace sg {
namespace {

std::string cell(const std::optional<double>& value) { return value ? exact(*value) : ""; }
std::string cell(double value) { return exact(value); }
std::string cell(std::uint64_t value) { return std::to_string(value); }

/// Cells with commas between and a line's end.
template <class... Cells>
void line(std::string& out, const Cells&... cells) {
  std::size_t at = 0;
  ((out += (at++ > 0 ? "," : "") + std::string(cells)), ...);
  out += '\n';
}

std::string moments_cells(const Moments& m) {
  const bool some = m.count > 0;
  return cell(m.count) + "," + cell(m.mean()) + "," + cell(m.std()) + "," + (some ? cell(m.min) : "") + "," +
         (some ? cell(m.max) : "");
}

std::string quantities_csv(const CorpusStatistics& s) {
  std::string out = "quantity,layer,tokens,count,mean,std,min,max,not_finite";
  for (const NamedShare& share : kShares) out += std::string(",") + share.column;
  out += '\n';
  for (const CorpusQuantity& quantity : corpus_quantities()) {
    const auto found = s.quantities.find(quantity.name);
    if (found == s.quantities.end()) continue;
    for (std::size_t l = 0; l < found->second.size(); ++l) {
      const TokenDistribution& t = found->second[l];
      const std::pair<const char*, Distribution> sets[] = {
          {"all", t.all()}, {"first", t.first}, {"without_first", t.rest}};
      for (const auto& [which, d] : sets) {
        std::string quantiles;
        for (const NamedShare& share : kShares) quantiles += "," + cell(d.histogram.quantile(share.share));
        line(out, quantity.name, quantity.by_layer ? std::to_string(l) : "", which, moments_cells(d.moments),
             cell(d.moments.not_finite) + quantiles);
      }
    }
  }
  return out;
}

std::string positions_csv(const CorpusStatistics& s) {
  std::string out = "quantity,layer,from,to,count,mean,std,min,max\n";
  for (const auto& [name, layers] : s.positions) {
    for (std::size_t l = 0; l < layers.size(); ++l) {
      for (const auto& [bucket, moments] : layers[l]) {
        line(out, name, layers.size() > 1 ? std::to_string(l) : "", cell(first_of_position_bucket(bucket)),
             cell(first_of_position_bucket(bucket + 1) - 1), moments_cells(moments));
      }
    }
  }
  return out;
}

std::string channels_csv(const CorpusStatistics& s) {
  const double n = static_cast<double>(s.tokens);
  std::string out = "layer,channel,mean,rms,largest,windows_outside\n";
  for (std::size_t l = 0; l < s.channels.size(); ++l) {
    for (std::size_t c = 0; c < s.channels[l].size(); ++c) {
      const ChannelRow& row = s.channels[l][c];
      line(out, std::to_string(l), std::to_string(c), cell(row.sum.value() / n),
           cell(std::sqrt(row.squares.value() / n)), cell(static_cast<double>(row.largest)),
           cell(std::max(row.sum.outside(), row.squares.outside())));
    }
  }
  return out;
}

std::string token_of(const CorpusResult& report, std::int32_t id) {
  return report.token_text ? csv_field(report.token_text(id)) : "";
}

std::string vocabulary_csv(const CorpusResult& report) {
  std::string out = "id,token,count,mean_norm,mean_gain\n";
  for (const auto& [id, row] : report.statistics.vocabulary) {
    const double norms = static_cast<double>(row.count - row.norm.outside());
    const double gains = static_cast<double>(row.count - row.gain.outside());
    line(out, std::to_string(id), token_of(report, id), cell(row.count),
         norms > 0 ? cell(row.norm.value() / norms) : "", gains > 0 ? cell(row.gain.value() / gains) : "");
  }
  return out;
}

std::string massive_csv(const CorpusStatistics& s) {
  std::string out = "layer,channel,count,at_first_token,largest\n";
  for (const auto& [place, row] : s.massive) {
    line(out, std::to_string(place.first), std::to_string(place.second), cell(row.count), cell(row.at_first),
         cell(row.largest));
  }
  return out;
}

std::string extremes_csv(const CorpusResult& report) {
  std::string out = "list,value,layer,channel,document,position,window_position,id,token,context\n";
  const auto rows = [&](const char* list, const TopList<Extreme>& extremes, bool with_channel) {
    for (const Extreme& e : extremes.items()) {
      std::string context;
      if (report.token_text) {
        for (const std::int32_t id : e.context) context += report.token_text(id);
      }
      line(out, list, cell(e.value), std::to_string(e.layer), with_channel ? std::to_string(e.channel) : "",
           cell(e.place.document), cell(e.place.position), cell(e.window_position), std::to_string(e.context.back()),
           token_of(report, e.context.back()), csv_field(context));
    }
  };
  rows("massive", report.statistics.massive_list, true);
  rows("largest", report.statistics.largest, false);
  rows("smallest", report.statistics.smallest, false);
  return out;
}

std::string entropy_csv(const CorpusStatistics& s) {
  std::string out = "norm_from,norm_to,tokens,entropy,loss\n";
  for (const auto& [bucket, row] : s.entropy_by_norm) {
    line(out, cell(least_of_norm_bucket(bucket)), cell(least_of_norm_bucket(bucket + 1)), cell(row.entropy.count),
         cell(row.entropy.mean()), cell(row.loss.mean()));
  }
  return out;
}

std::string rows_csv(const CorpusResult& report) {
  std::string out = "document,position,id,token,layer,resid_post\n";
  for (const auto& [place, values] : report.statistics.kept) {
    const auto id = static_cast<std::int32_t>(values[0]);
    const std::string head =
        cell(place.document) + "," + cell(place.position) + "," + std::to_string(id) + "," + token_of(report, id) + ",";
    for (std::size_t l = 1; l < values.size(); ++l) out += head + std::to_string(l - 1) + "," + cell(values[l]) + "\n";
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> corpus_tables(const CorpusResult& report) {
  std::vector<std::pair<std::string, std::string>> tables = {
      {"quantities.csv", quantities_csv(report.statistics)},  {"positions.csv", positions_csv(report.statistics)},
      {"channels.csv", channels_csv(report.statistics)},      {"vocabulary.csv", vocabulary_csv(report)},
      {"massive.csv", massive_csv(report.statistics)},        {"extremes.csv", extremes_csv(report)},
      {"entropy_by_norm.csv", entropy_csv(report.statistics)}};
  if (!report.statistics.kept.empty()) tables.emplace_back("rows.csv", rows_csv(report));
  return tables;
}

}  // namespace sg
