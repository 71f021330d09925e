#include "report/text/measure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/each_once.h"
#include "base/number_text.h"
#include "report/text/gain_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kPromptWidth = 44;  // columns of a prompt in a table of 100
constexpr std::size_t kTokenWidth = 18;
constexpr std::size_t kShownTop = 5;
constexpr std::size_t kFileColumns = 3;  // more would leave no room for the prompt

std::string norm_cell(std::span<const double> row, Reduction reduction) {
  const Measured reduced = reduce(reduction, row);
  if (reduced.ok()) return short_number(*reduced.value);
  return row.empty() ? "-" : "not finite";
}

std::string gain_at(const SequenceMeasurement& s, std::size_t layer) {
  return gain_cell(gain_between(s.norms, Reduction::kLast, block_ends(layer)).gain);
}

/// One row per block, between embed and ln_final.
std::string block_table(const Measurement& measurement, const SequenceMeasurement& s) {
  TextTable table({left("block"), "attn_out", "mlp_out", "resid_post", "gain", "median", "max", "largest value",
                   "channel", "token"});
  const auto outside = [&](const char* name, const std::vector<double>& row) {
    if (row.empty()) return;
    table.row({name, "", "", norm_cell(row, Reduction::kLast), "", norm_cell(row, Reduction::kMedian),
               norm_cell(row, Reduction::kMax)});
  };
  outside("embed", s.norms.embed);
  for (std::size_t l = 0; l < measurement.model.n_layers; ++l) {
    const auto post = norms_at(s.norms, {Site::kResidPost, l});
    std::vector<std::string> cells = {std::to_string(l),
                                      norm_cell(norms_at(s.norms, {Site::kAttnOut, l}), Reduction::kLast),
                                      norm_cell(norms_at(s.norms, {Site::kMlpOut, l}), Reduction::kLast),
                                      norm_cell(post, Reduction::kLast),
                                      gain_at(s, l),
                                      norm_cell(post, Reduction::kMedian),
                                      norm_cell(post, Reduction::kMax)};
    if (l < s.massive.size()) {
      const Massive& m = s.massive[l];
      cells.insert(cells.end(), {short_number(m.value), std::to_string(m.channel), std::to_string(m.token)});
    }
    table.row(std::move(cells));
  }
  outside("ln_final", s.norms.ln_final);
  return "Token norms at the last token; median and max over all tokens at the block's end, and the largest value "
         "there.\n" +
         table.text();
}

std::string percent(double share) { return fixed(100 * share, share < 0.0995 ? 2 : 1) + " %"; }

std::string position_table(const SequenceMeasurement& s) {
  TextTable table({"position", left("token"), "entropy", "effective", "top 10", "range", left("next"), "prob"});
  for (const LogitStats& l : s.logits) {
    const std::string token = s.sequence.tokens[l.position];
    table.row({std::to_string(l.position), shortened(token_name(token, s.sequence.ids[l.position]), kTokenWidth),
               fixed(l.entropy, 3), short_number(l.effective_vocab), percent(l.top10_prob_mass),
               short_number(l.range()), top_token(l, kTokenWidth), l.top.empty() ? "-" : percent(l.top.front().prob)});
  }
  return table.text();
}

std::string one_prompt(const Measurement& measurement) {
  const SequenceMeasurement& s = measurement.sequences.front();
  std::string text = "\n" + block_table(measurement, s);
  if (s.logits.size() > 1) text += "\n" + position_table(s);
  if (s.logits.size() == 1) text += "\n" + logit_text(s.logits.front());
  return text;
}

/// What the file of the prompts says of them, their names first; the category is shown by gaps between rows.
std::vector<std::string> file_columns(const Measurement& measurement) {
  std::vector<std::string> names;
  for (const SequenceMeasurement& s : measurement.sequences) {
    if (s.sequence.prompt_id) place_in(names, std::string("id"));
  }
  for (const SequenceMeasurement& s : measurement.sequences) {
    for (const auto& [name, text] : s.sequence.columns.value_or(Columns())) {
      if (name != "category" && names.size() < kFileColumns) place_in(names, name);
    }
  }
  return names;
}

std::string file_cell(const Sequence& sequence, const std::string& name) {
  if (name == "id" && sequence.prompt_id) return shortened(*sequence.prompt_id, kTokenWidth);
  const Columns columns = sequence.columns.value_or(Columns());
  const auto found = std::ranges::find(columns, name, &std::pair<std::string, std::string>::first);
  return found != columns.end() ? shortened(found->second, kTokenWidth) : "";
}

std::string prompt_table(const Measurement& measurement) {
  const std::vector<std::string> names = file_columns(measurement);
  std::vector<TextTable::Column> heads = {"#",       "tokens",           "penultimate", "last block",
                                          "entropy", left("next token"), "prob"};
  for (const std::string& name : names) heads.push_back({shortened(name, kTokenWidth), Align::kLeft});
  heads.push_back({"prompt", Align::kLeft});
  TextTable table(std::move(heads));
  std::optional<std::string> category;
  for (std::size_t i = 0; i < measurement.sequences.size(); ++i) {
    const SequenceMeasurement& s = measurement.sequences[i];
    if (i > 0 && s.sequence.category != category) table.gap();
    category = s.sequence.category;
    const auto gain = [&](GainSpan span) {
      return gain_cell(gain_over(s, measurement.model.n_layers, Reduction::kLast, span).gain);
    };
    const LogitStats* last = s.logits.empty() ? nullptr : &s.logits.back();
    const bool top = last != nullptr && !last->top.empty();
    std::vector<std::string> cells = {std::to_string(i + 1),
                                      std::to_string(s.sequence.ids.size()),
                                      gain(GainSpan::kPenultimateBlock),
                                      gain(GainSpan::kLastBlock),
                                      last ? fixed(last->entropy, 3) : "-",
                                      last ? top_token(*last, kTokenWidth) : "-",
                                      top ? percent(last->top.front().prob) : "-"};
    for (const std::string& name : names) cells.push_back(file_cell(s.sequence, name));
    cells.push_back(s.sequence.text ? shortened(*s.sequence.text, kPromptWidth)
                                    : fmt::format("{} ids", s.sequence.ids.size()));
    table.row(std::move(cells));
  }
  return "Gains of the block before the last and of the last block, and the next token, at each prompt's last "
         "token.\n" +
         table.text();
}

}  // namespace

std::string logit_text(const LogitStats& stats) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::min(kShownTop, stats.top.size()); ++i) {
    words.push_back(token_name(stats.top[i].token, stats.top[i].id) + " " + percent(stats.top[i].prob));
  }
  std::string text = "Next token: ";
  for (std::size_t i = 0; i < words.size(); ++i) text += (i > 0 ? ", " : "") + words[i];
  return text + fmt::format(". Entropy {} nats, as of {} equally likely tokens; the ten likeliest hold {}.\n",
                            fixed(stats.entropy, 3), short_number(stats.effective_vocab),
                            percent(stats.top10_prob_mass));
}

std::string measurement_text(const Measurement& measurement) {
  std::string text = model_line(measurement.model) + run_line(measurement);
  if (measurement.sequences.size() == 1) {
    text += one_prompt(measurement);
  } else {
    text += "\n" + prompt_table(measurement) + "\n" + preset_table(measurement);
  }
  text += "\n" + disagreement_text(measurement) + massive_text(measurement);
  return text;
}

}  // namespace sg
