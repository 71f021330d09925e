#include "report/document/experiment_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/number_text.h"
#include "report/text/choice_words.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

using Phrase = std::pair<std::string_view, std::string_view>;

constexpr Phrase kReductions[] = {
    {"last", "the norm of the last token"},
    {"mean", "the mean of the token norms"},
    {"mean_skip_first", "the mean of the token norms without the first token"},
    {"frobenius", "the Frobenius norm over all tokens"},
    {"median", "the median of the token norms"},
    {"max", "the largest token norm"},
};
constexpr Phrase kSpans[] = {
    {"last_block", "behind the last block, divided by the same behind the block before it"},
    {"penultimate_block", "behind the last block but one, divided by the same behind the block before that"},
    {"last_block_and_norm", "behind the final norm, divided by the same behind the last block but one"},
    {"final_norm", "behind the final norm, divided by the same behind the last block"},
    {"first_block", "behind the first block, divided by the same at the embedding"},
    {"end_to_end", "behind the last block, divided by the same at the embedding"},
    {"end_to_end_and_norm", "behind the final norm, divided by the same at the embedding"},
};
constexpr Phrase kPoolings[] = {
    {"mean_of_gains", "The gains of all prompts are averaged."},
    {"median_of_gains", "Of all prompts' gains the median is taken."},
    {"geometric_mean", "Of all prompts' gains the geometric mean is taken."},
    {"gain_of_means", "The norms are averaged over all prompts before they are divided."},
};

std::string phrase(std::span<const Phrase> phrases, const std::string& name) {
  const auto found = std::ranges::find_if(phrases, [&](const Phrase& p) { return p.first == name; });
  return found != phrases.end() ? std::string(found->second) : name;
}

/// What leads to one label: choices of one kind, or pairs with the same first one.
struct Turn {
  std::string kind, label, before;
  std::vector<std::string> ways;
};

void add_turn(std::vector<Turn>& turns, const Turn& turn) {
  const auto same = std::ranges::find_if(
      turns, [&](const Turn& t) { return t.kind == turn.kind && t.label == turn.label && t.before == turn.before; });
  if (same == turns.end()) {
    turns.push_back(turn);
  } else {
    same->ways.push_back(turn.ways.front());
  }
}

std::string turns_text(const std::vector<Turn>& turns) {
  std::string list;
  for (const Turn& turn : turns) {
    list += fmt::format("{}{}{} ({})", list.empty() ? "" : "; ", turn.before, listed(turn.ways, " or "), turn.label);
  }
  return list;
}

}  // namespace

std::string definition_parts(const ExperimentResult& r) {
  if (r.reduction.empty()) return r.definition;
  return r.reduction + " / " + r.span + " / " + r.pooling;
}

std::string definition_sentence(const ExperimentResult& r) {
  if (r.reduction.empty()) {
    return r.definition.empty() ? "No gain is measured." : "Gain is measured as " + r.definition + ".";
  }
  return "Gain is " + phrase(kReductions, r.reduction) + " " + phrase(kSpans, r.span) + ". " +
         phrase(kPoolings, r.pooling);
}

std::string share_text(std::size_t part, std::size_t whole) {
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  // A rounded share must not claim unanimity.
  if (part < whole && percent > 99) return "> 99 %";
  if (part > 0 && percent < 1) return "< 1 %";
  return fmt::format("{:.0f} %", percent);
}

std::string count_of(std::size_t n, const std::string& singular, const std::string& plural) {
  return grouped(n) + " " + (n == 1 ? singular : plural);
}

std::string short_fingerprint(const std::string& fingerprint) {
  constexpr std::size_t kDigits = 12;
  return fingerprint.substr(0, kDigits);
}

std::string checkpoint_phrase(const MeasuredModel& m, const std::string& label) {
  return fmt::format("{}{}, {} of width {}, {} parameters stored as {}", m.id == label ? "" : m.id + ", ", m.family,
                     count_of(m.layers, "layer", "layers"), grouped(m.width), short_count(m.parameters), m.dtype);
}

std::string opened_sentence(const ResultTable& models) {
  constexpr std::size_t kNamed = 4;
  std::string list;
  std::size_t named = 0;
  for (const ResultRow& row : models.rows) {
    if (!row.measured) continue;
    const std::string& label = row.label.empty() ? row.key : row.label;
    if (row.measured->id == label && row.measured->stands_for.empty()) continue;
    list += (named == 0 ? "" : "; ") + label;
    if (row.measured->id != label) list += " is " + row.measured->id + (row.measured->stands_for.empty() ? "" : ",");
    if (!row.measured->stands_for.empty()) list += " in the place of " + row.measured->stands_for;
    ++named;
  }
  return named == 0 || named > kNamed ? "" : list + ".";
}

std::string missing_models_sentence(const ResultTable& models) {
  std::string names, commands;
  std::size_t missing = 0;
  for (const ResultRow& row : models.rows) {
    if (!row.error || !row.error->starts_with(kNotHere)) continue;
    const std::size_t command = row.error->find("streamgauge pull");
    names += (missing > 0 ? ", " : "") + (row.label.empty() ? row.key : row.label);
    if (command != std::string::npos) commands += (commands.empty() ? "" : "; ") + row.error->substr(command);
    ++missing;
  }
  if (missing == 0) return "";
  return fmt::format("{} of {} not on this machine: {}.{}", missing,
                     count_of(models.rows.size(), "model is", "models are"), names,
                     commands.empty() ? "" : " What fetches them: " + commands);
}

std::string agreement_sentence(const Multiverse& m) {
  const std::string all = count_of(m.universes.size(), "combination", "combinations") + " of a definition and prompts";
  if (m.evaluated == 0) return "Of " + all + " none could be evaluated.";
  const std::string could = m.evaluated == m.universes.size()
                                ? "Of " + all + ", "
                                : "Of " + all + " " + grouped(m.evaluated) + " could be evaluated; of those, ";
  return could + fmt::format("{} ({}) {} the same.", grouped(m.agreeing), share_text(m.agreeing, m.evaluated),
                             m.agreeing == 1 ? "concludes" : "conclude");
}

std::string flips_sentence(const Multiverse& m) {
  std::vector<Turn> turns;
  for (const Flip& f : m.flips) add_turn(turns, {f.choice, f.label, "", {choice_phrase(f.choice, f.to)}});
  if (!turns.empty()) return "What turns it, made differently alone: " + turns_text(turns) + ".";
  return m.pairs.empty() ? "No single choice turns it. No two do together."
                         : "No single choice turns it. " + pairs_sentence(m);
}

std::string pairs_sentence(const Multiverse& m) {
  constexpr std::size_t kNamed = 3;
  if (m.pairs.empty()) return "";
  std::vector<Turn> turns;
  for (const FlipPair& pair : m.pairs) {
    const auto& [first, second] = pair;
    add_turn(turns, {second.choice,
                     first.label,
                     choice_phrase(first.choice, first.to) + " together with ",
                     {choice_phrase(second.choice, second.to)}});
  }
  const std::size_t more = turns.size() - std::min(turns.size(), kNamed);
  turns.resize(turns.size() - more);
  return fmt::format("Two choices turn it that do not alone: {}{}.", turns_text(turns),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

Callout verdict_callout(const ExperimentResult& result, const Verdict& v) {
  const std::string name = v.title.empty() || v.title == v.name ? v.name : v.name + ", " + v.title;
  if (v.label.empty()) {
    return {.kind = Callout::Kind::kNoVerdict,
            .head = {{name + ": "}, {"no verdict", Style::kStrong}},
            .words = {{v.sentence}}};
  }
  Callout callout = {.head = {{name + ": "}, {v.label, Style::kStrong}}, .words = {{v.sentence + " "}}};
  if (v.multiverse.universes.empty()) {
    callout.words.push_back({"This verdict does not depend on how gain is defined."});
    return callout;
  }
  callout.words.push_back({"This is the verdict under the experiment's own definition, "});
  callout.words.push_back({definition_parts(result), Style::kCode});
  callout.words.push_back({". " + agreement_sentence(v.multiverse) + " "});
  if (v.multiverse.evaluated > 0) callout.words.push_back({flips_sentence(v.multiverse), Style::kStrong});
  return callout;
}

}  // namespace sg
