#include <cmath>

#include "base/csv.h"
#include "corpus/fold.h"
#include "report/data/corpus_json.h"

namespace sg {
namespace {

void add_moments(CsvLine& line, const Moments& m) {
  const auto end = [&](double x) { return m.count > 0 ? std::optional(x) : std::nullopt; };
  line << m.count << m.mean() << m.std() << end(m.min) << end(m.max);
}

/// Empty for what has no layers.
std::optional<std::size_t> layer_cell(bool by_layer, std::size_t layer) {
  return by_layer ? std::optional(layer) : std::nullopt;
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
        CsvLine line;
        line << quantity.name << layer_cell(quantity.by_layer, l) << which;
        add_moments(line, d.moments);
        line << d.moments.not_finite;
        for (const NamedShare& share : kShares) line << d.quantile(share.share);
        out += line.text();
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
        CsvLine line;
        line << name << layer_cell(layers.size() > 1, l) << first_of_position_bucket(bucket)
             << first_of_position_bucket(bucket + 1) - 1;
        add_moments(line, moments);
        out += line.text();
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
      CsvLine line;
      line << l << c << (row.sum.outside() == 0 ? std::optional(row.sum.value() / n) : std::nullopt)
           << (row.squares.outside() == 0 ? std::optional(std::sqrt(row.squares.value() / n)) : std::nullopt)
           << static_cast<double>(row.largest) << std::max(row.sum.outside(), row.squares.outside());
      out += line.text();
    }
  }
  return out;
}

std::string token_of(const CorpusResult& report, std::int32_t id) {
  return report.token_text ? report.token_text(id) : "";
}

std::string vocabulary_csv(const CorpusResult& report) {
  std::string out = "id,token,count,mean_norm,mean_gain\n";
  for (const auto& [id, row] : report.statistics.vocabulary) {
    const auto mean = [count = row.count](const FixedSum& sum) {
      const auto counted = static_cast<double>(count - sum.outside());
      return counted > 0 ? std::optional(sum.value() / counted) : std::nullopt;
    };
    CsvLine line;
    line << id << token_of(report, id) << row.count << mean(row.norm) << mean(row.gain);
    out += line.text();
  }
  return out;
}

std::string massive_csv(const CorpusStatistics& s) {
  std::string out = "layer,channel,count,at_first_token,largest\n";
  for (const auto& [place, row] : s.massive) {
    CsvLine line;
    line << place.first << place.second << row.count << row.at_first << static_cast<double>(row.largest);
    out += line.text();
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
      CsvLine line;
      line << list << e.value << e.layer << (with_channel ? std::optional(e.channel) : std::nullopt) << e.place.document
           << e.place.position << e.window_position << e.context.back() << token_of(report, e.context.back())
           << context;
      out += line.text();
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
    CsvLine line;
    line << least_of_norm_bucket(bucket) << least_of_norm_bucket(bucket + 1) << row.entropy.count << row.entropy.mean()
         << row.loss.mean();
    out += line.text();
  }
  return out;
}

std::string rows_csv(const CorpusResult& report) {
  std::string out = "document,position,id,token,layer,resid_post\n";
  for (const auto& [place, values] : report.statistics.kept) {
    const auto id = static_cast<std::int32_t>(values[0]);
    CsvLine head;
    head << place.document << place.position << id << token_of(report, id);
    for (std::size_t l = 1; l < values.size(); ++l) {
      CsvLine line = head;
      line << l - 1 << static_cast<double>(values[l]);
      out += line.text();
    }
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
