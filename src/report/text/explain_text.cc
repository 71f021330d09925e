#include "report/text/explain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "base/display_text.h"
#include "base/number_text.h"
#include "report/text/choice_words.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

constexpr std::size_t kWide = 110;

std::string paragraph(const std::string& text) {
  std::string lines;
  for (const std::string& line : wrapped(text, kWide)) lines += line + "\n";
  return lines;
}

std::string changes_text(const Turning& turning) {
  std::string text;
  for (const ChoiceChange& c : turning.changes)
    text += (text.empty() ? "" : " together with ") + choice_phrase(c.choice, c.to);
  return text + " (" + short_number(turning.gain) + ")";
}

std::string percent(double share) { return fmt::format("{:.{}f} %", 100 * share, share > 0.99 && share < 1 ? 1 : 0); }

std::string token_name(const Measurement& m, std::size_t s, std::size_t t) {
  const std::vector<std::string>& tokens = m.sequences[s].sequence.tokens;
  const std::string text = t < tokens.size() ? printable(tokens[t]) : "";
  return fmt::format("token {}{}", t, text.empty() ? "" : " (\"" + text + "\")");
}

std::string choices_text(const Explanation& e) {
  const std::string what = e.question.blocks ? fmt::format("{} / {}", show(e.ends.numerator), show(e.ends.denominator))
                                             : title(e.question.definition.span);
  std::string text = fmt::format("Under {}, {} {} ({}). The verdict holds in {} of {} choices",
                                 e.question.blocks ? std::string(name(e.question.definition.reduction)) + "/" +
                                                         std::string(name(e.question.definition.pooling))
                                                   : e.question.definition.id(),
                                 what, e.verdict == "neither" ? "neither expands nor contracts" : e.verdict,
                                 short_number(*e.gain.value), e.agreeing, e.evaluated);
  if (e.turning.empty()) {
    return text + (e.agreeing == e.evaluated ? ": nothing turns it." : "; neither one choice nor two turn it.");
  }
  text += e.changes == 1 ? ". What turns it, made differently alone: " : ". Two choices turn it that do not alone: ";
  constexpr std::size_t kNamed = 8;
  for (std::size_t i = 0; i < std::min(e.turning.size(), kNamed); ++i)
    text += (i > 0 ? "; " : "") + changes_text(e.turning[i]);
  if (e.turning.size() > kNamed) text += fmt::format("; and {} more", e.turning.size() - kNamed);
  return text + ".";
}

/// Of the prompts that a token of this place carries, the one in which it has most.
struct CarryingPlace {
  std::size_t prompts = 0;
  const CarryingToken* most = nullptr;
};

/// By place in the prompt, those that carry most prompts first.
std::vector<CarryingPlace> places_of(const Explanation& e) {
  std::map<std::size_t, CarryingPlace> by_token;
  for (const CarryingToken& t : e.tokens) {
    CarryingPlace& place = by_token[t.token];
    ++place.prompts;
    if (place.most == nullptr || t.denominator_share > place.most->denominator_share) place.most = &t;
  }
  std::vector<CarryingPlace> places;
  places.reserve(by_token.size());
  for (const auto& [token, place] : by_token) places.push_back(place);
  std::ranges::stable_sort(places, std::greater(), &CarryingPlace::prompts);
  return places;
}

std::string tokens_text(const Explanation& e, const Measurement& m) {
  constexpr std::size_t kNamed = 3;
  if (!e.reduction) return "";
  if (e.tokens.empty()) {
    return fmt::format("No few tokens carry the difference under {}: many norms change together.", name(*e.reduction));
  }
  const std::vector<CarryingPlace> places = places_of(e);
  std::string list;
  for (std::size_t i = 0; i < std::min(places.size(), kNamed); ++i) {
    const CarryingToken& t = *places[i].most;
    const bool one = m.sequences.size() == 1;
    list += fmt::format("{}{}{} ({}{} of the squared norm at {}, {} at {})", i > 0 ? ", " : "",
                        one ? token_name(m, t.sequence, t.token) : fmt::format("token {}", t.token),
                        one ? "" : fmt::format(" of {}", counted(places[i].prompts, "prompt")), one ? "" : "up to ",
                        percent(t.denominator_share), show(e.ends.denominator), percent(t.numerator_share),
                        show(e.ends.numerator));
  }
  if (places.size() > kNamed) list += fmt::format(" and {} other tokens", places.size() - kNamed);
  return fmt::format("Under {} the gain is {}; without {} it is {}.", name(*e.reduction), short_number(*e.gain_with),
                     list, short_number(*e.gain_without));
}

std::string channels_text(const Explanation& e, const Measurement& m) {
  if (e.channels.empty()) return "";
  const CarryingChannel& first = e.channels.front();
  std::size_t same = 0;
  for (const CarryingChannel& c : e.channels) same += c.channel == first.channel ? 1 : 0;
  std::string text =
      fmt::format("At resid_post[{}] channel {} of {} is {}: {} of its squared norm", first.layer, first.channel,
                  token_name(m, first.sequence, first.token), short_number(first.value), percent(first.share));
  for (const CarryingChannel& c : e.channels) {
    const bool other_end = c.sequence == first.sequence && c.token == first.token && c.layer != first.layer;
    if (other_end)
      text += fmt::format("; at resid_post[{}] channel {} is {} ({})", c.layer, c.channel, short_number(c.value),
                          percent(c.share));
  }
  if (m.sequences.size() > 1)
    text += fmt::format("; it is the largest in {} of {} such places", same, e.channels.size());
  return text + ".";
}

struct Writer {
  std::string name;
  double adds = 0;
};

/// The largest of some writers, by size; how many are left and what they add together.
void add_rows(TextTable& table, const std::string& branch, double whole, std::vector<Writer> writers,
              std::size_t most) {
  std::ranges::stable_sort(writers,
                           [](const Writer& a, const Writer& b) { return std::abs(a.adds) > std::abs(b.adds); });
  const auto share = [&](double adds) { return whole != 0 ? fmt::format("{:.1f} %", 100 * adds / whole) : "-"; };
  double rest = 0;
  for (std::size_t i = 0; i < writers.size(); ++i) {
    if (i < most) {
      table.row({branch, writers[i].name, short_number(writers[i].adds), share(writers[i].adds)});
    } else {
      rest += writers[i].adds;
    }
  }
  if (writers.size() > most) {
    table.row({branch, fmt::format("{} others", writers.size() - most), short_number(rest), share(rest)});
  }
}

std::string network_name(const NetworkWrites& n) {
  return n.expert ? fmt::format("expert {}, ", *n.expert) : n.network == "shared" ? "shared expert, " : "";
}

}  // namespace

std::string writers_text(std::span<const Writers> writers) {
  std::string text;
  for (const Writers& w : writers) {
    TextTable table({left("branch"), left("writer"), "adds", "of its branch"});
    std::vector<Writer> heads, neurons;
    for (std::size_t h = 0; h < w.heads.size(); ++h) heads.push_back({fmt::format("head {}", h), w.heads[h]});
    if (w.attention_bias != 0) heads.push_back({"bias", w.attention_bias});
    if (w.other) heads.push_back({w.heads.empty() ? "its mixer" : "the mixer beside", *w.other});
    double biases = w.mlp_bias;
    for (const NetworkWrites& n : w.networks) {
      biases += n.bias;
      for (std::size_t j = 0; j < n.neurons.size(); ++j)
        neurons.push_back({fmt::format("{}row {} of W_down", network_name(n), j), n.neurons[j]});
    }
    if (biases != 0) neurons.push_back({"bias", biases});
    add_rows(table, "attn_out", w.attn_out, heads, 4);
    add_rows(table, "mlp_out", w.mlp_out, neurons, 6);
    text += paragraph(fmt::format(
                "Channel {} in block {} at token {}: {} before it, attn_out adds {}, mlp_out {}; {} behind it.",
                w.channel, w.layer, w.token, short_number(w.resid_pre), short_number(w.attn_out),
                short_number(w.mlp_out), short_number(w.resid_post))) +
            table.text();
  }
  return text;
}

std::string writers_text(const Measurement& m, std::span<const std::vector<Writers>> writers) {
  std::string text;
  for (std::size_t s = 0; s < writers.size(); ++s) {
    text +=
        m.sequences.size() > 1 ? fmt::format("\nWho writes a channel, prompt {}\n", s + 1) : "\nWho writes a channel\n";
    text += writers_text(writers[s]);
  }
  return text;
}

std::string explanation_text(const Explanation& e, const Measurement& own, std::span<const Writers> writers) {
  if (!e.gain.ok()) return "There is no verdict to explain: " + e.gain.reason + ".\n";
  std::string text = paragraph(choices_text(e));
  for (const std::string& part : {tokens_text(e, own), channels_text(e, own)}) {
    if (!part.empty()) text += paragraph(part);
  }
  return text + writers_text(writers);
}

}  // namespace sg
