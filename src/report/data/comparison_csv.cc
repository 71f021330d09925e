#include "report/data/comparison_json.h"

namespace sg {
namespace {

const CsvColumn kPair[] = {
    {"a", "", "the first model"}, {"b", "", "the one beside it"}, {"sequence", "", "number of the prompt, from 0"}};

CsvTable table_of(const char* file, const char* about, const std::vector<CsvColumn>& columns) {
  CsvTable table = {.file = file, .about = about, .columns = {std::begin(kPair), std::end(kPair)}};
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  return table;
}

void add_top(CsvLine& line, const LogitStats& stats) {
  const bool there = !stats.top.empty();
  line << (there ? std::optional(stats.top.front().id) : std::nullopt)
       << (there ? std::optional(stats.top.front().token) : std::nullopt)
       << (there ? std::optional(stats.top.front().prob) : std::nullopt);
}

}  // namespace

CsvTable comparison_csv(const std::vector<Comparison>& pairs) {
  CsvTable table = table_of("comparison.csv", "one row per pair, prompt, token, site and layer",
                            {{"position", "", "of the token, from 0"},
                             {"id", "", "of the token"},
                             {"token", "", "what a person reads for it"},
                             {"layer", "", "from 0; empty at embed and ln_final"},
                             {"site", "", "as in sites.md"},
                             {"norm_a", "", "L2 norm of A's row"},
                             {"norm_b", "", "of B's"},
                             {"norm_difference", "", "(norm_b - norm_a) / norm_a"},
                             {"cosine", "", "of the two rows"},
                             {"distance", "", "norm of B's row less A's, over norm_a"}});
  for (const Comparison& c : pairs) {
    for (std::size_t s = 0; s < c.sequences.size(); ++s) {
      const Sequence& sequence = c.sequences[s].sequence;
      for (const SiteDifference& site : c.sequences[s].sites) {
        const std::string layer = in_block(site.place) ? std::to_string(site.place.layer) : "";
        for (std::size_t t = 0; t < site.tokens.size(); ++t) {
          const TokenDifference& d = site.tokens[t];
          CsvLine line;
          line << c.a.id << c.b.id << s << t << sequence.ids[t] << sequence.tokens[t] << layer << name(site.place.site)
               << d.norm_a << d.norm_b << d.norm_difference() << d.cosine << d.distance;
          table.rows += line.text();
        }
      }
    }
  }
  return table;
}

CsvTable comparison_outputs_csv(const std::vector<Comparison>& pairs) {
  CsvTable table = table_of("outputs.csv", "one row per pair, prompt and position of --logits",
                            {{"text", "", "the prompt; empty when ids were given"},
                             {"position", "", "of the token whose next one is predicted, from 0"},
                             {"kl", "nats", "KL(A || B)"},
                             {"entropy_a", "nats", "of A's distribution"},
                             {"entropy_b", "nats", "of B's"},
                             {"top_a_id", "", "the most probable token of A"},
                             {"top_a_token", "", "what a person reads for it"},
                             {"top_a_prob", "", "its probability"},
                             {"top_b_id", "", "of B"},
                             {"top_b_token", "", "likewise"},
                             {"top_b_prob", "", "likewise"}});
  for (const Comparison& c : pairs) {
    for (std::size_t s = 0; s < c.sequences.size(); ++s) {
      for (const OutputDifference& o : c.sequences[s].outputs) {
        CsvLine line;
        line << c.a.id << c.b.id << s << c.sequences[s].sequence.text << o.a.position << o.kl << o.a.entropy
             << o.b.entropy;
        add_top(line, o.a);
        add_top(line, o.b);
        table.rows += line.text();
      }
    }
  }
  return table;
}

}  // namespace sg
