// What routing comes to: for one prompt, and for one model over its prompts. The keys of `routing = ` in experiments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "measure/row.h"

namespace sg {

/// One prompt. Its largest value is that of resid_post over all layers, tokens and channels; it is formed at the first
/// layer that has at least half of it. Its carrier is the routed expert, up to there, that adds most to it among those
/// whose own largest value lies in its channel and has its sign.
struct PromptRouting {
  double entropy = 0;            // mean over tokens and layers
  std::optional<double> margin;  // the least of all
  double unused = 0;             // share of all layers' experts that no token chose
  double busiest = 0;            // largest share of the tokens that one expert of a layer gets
  double value = 0, ratio = 0;   // the largest value where it is formed, and to the median there
  bool massive = false;
  std::int64_t layer = 0, token = 0;   // where it is formed
  std::optional<std::string> carrier;  // "layer 1, expert 3"
  std::optional<std::int64_t> carrier_layer, carrier_expert;
  std::optional<double> carrier_adds, carrier_share;  // what it adds there, and of the value
  double carried = 0;                                 // share of the value that all such experts add
};

/// Over prompts. The carrier is the one that most prompts have; of equals the earlier layer, then the lower expert.
struct ModelRouting {
  double entropy = 0, unused = 0, busiest = 0;  // as above, over all prompts' tokens
  std::optional<double> margin;
  double massive = 0;  // share of the prompts whose largest value is massive
  std::optional<std::string> carrier;
  std::optional<std::int64_t> carrier_layer, carrier_expert;
  double carrier_prompts = 0;           // share of the prompts whose carrier it is
  std::optional<double> carrier_share;  // mean over those prompts
  double carried = 0;                   // mean over the prompts
  std::int64_t super_experts = 0;
};

/// Absent without routing.
std::optional<PromptRouting> prompt_routing(const SequenceMeasurement& sequence);
std::optional<ModelRouting> model_routing(std::span<const SequenceMeasurement* const> prompts);

template <streamgauge::RowOf<PromptRouting> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  constexpr const char* kNone = "no expert's largest value lies where the prompt's does";
  visit(RowField{"entropy", "nats", "of the router, mean over tokens and layers"}, r.entropy);
  visit(RowField{"margin", "", "the least of all tokens and layers", "no expert is left out"}, r.margin);
  visit(RowField{"unused", "", "share of the experts that no token chose"}, r.unused);
  visit(RowField{"busiest", "", "largest share of the tokens that one expert of a layer gets"}, r.busiest);
  visit(RowField{"value", "", "the prompt's largest value of resid_post, where it is formed"}, r.value);
  visit(RowField{"ratio", "", "of its magnitude to the median there"}, r.ratio);
  visit(RowField{"massive", "", "it is a massive activation"}, r.massive);
  visit(RowField{"layer", "", "where it is formed"}, r.layer);
  visit(RowField{"token", "", "its position"}, r.token);
  visit(RowField{"carrier", "", "the expert that adds most to it", kNone}, r.carrier);
  visit(RowField{"carrier_layer", "", "of the carrier", kNone}, r.carrier_layer);
  visit(RowField{"carrier_expert", "", "of the carrier", kNone}, r.carrier_expert);
  visit(RowField{"carrier_adds", "", "what the carrier adds there", kNone}, r.carrier_adds);
  visit(RowField{"carrier_share", "", "that, of the value", kNone}, r.carrier_share);
  visit(RowField{"carried", "", "share of the value that such experts add together"}, r.carried);
}

template <streamgauge::RowOf<ModelRouting> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  constexpr const char* kNone = "in no prompt an expert's largest value lies where the prompt's does";
  visit(RowField{"entropy", "nats", "of the router, mean over prompts"}, r.entropy);
  visit(RowField{"margin", "", "the least of all", "no expert is left out"}, r.margin);
  visit(RowField{"unused", "", "share of the experts that no token of any prompt chose"}, r.unused);
  visit(RowField{"busiest", "", "largest share of all tokens that one expert of a layer gets"}, r.busiest);
  visit(RowField{"massive", "", "share of the prompts whose largest value is massive"}, r.massive);
  visit(RowField{"carrier", "", "the expert that carries the largest value of most prompts", kNone}, r.carrier);
  visit(RowField{"carrier_layer", "", "of the carrier", kNone}, r.carrier_layer);
  visit(RowField{"carrier_expert", "", "of the carrier", kNone}, r.carrier_expert);
  visit(RowField{"carrier_prompts", "", "share of the prompts whose carrier it is"}, r.carrier_prompts);
  visit(RowField{"carrier_share", "", "of the value, mean over those prompts", kNone}, r.carrier_share);
  visit(RowField{"carried", "", "share of the value that such experts add, mean over prompts"}, r.carried);
  visit(RowField{"super_experts", "", "how many there are (arXiv:2507.23279)"}, r.super_experts);
}

}  // namespace sg
