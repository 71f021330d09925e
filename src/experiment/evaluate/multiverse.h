// Multiverse: every verdict under every admissible definition of gain and every set of prompts (Steegen et al. 2016,
// "Increasing transparency through a multiverse analysis"; specification curve: Simonsohn, Simmons and Nelson 2020).
#pragma once

#include <string>
#include <vector>

#include "experiment/evaluate/verdict.h"

namespace sg {

/// All prompts first, then each group in order of appearance when there is more than one; all of it again for each
/// further reading. Places are those of ModelData::sequences.
struct PromptSubset {
  std::string name;
  Reading reading;  // the words of the axes that are varied
  std::vector<std::size_t> prompts;
};
/// `readings`: places of those that count in the experiment's, the own one (0) first.
std::vector<PromptSubset> prompt_subsets(const Experiment& experiment, const std::vector<std::size_t>& readings);

/// Places of the readings under which some model was asked something else than under every one before: those that
/// change nothing are no choice.
std::vector<std::size_t> distinct_readings(const Experiment& experiment, const std::vector<ModelData>& models);

/// Every reduction and pooling of the spans that the experiment's claim can be put to.
std::vector<Definition> admissible_definitions(const Experiment& experiment);

/// Fills the multiverse of the verdicts that have one; `verdicts` are those under the experiment's own definition, in
/// the order of the file. The world is left at some other choice. Errors: interrupted.
Result<void> explore(World& world, std::vector<Verdict>& verdicts, const std::atomic<bool>* stop);

}  // namespace sg
