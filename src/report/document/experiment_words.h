// An experiment's outcome in sentences: the definition, the share of definitions that agree, what turns a verdict.
#pragma once

#include <string>

#include "experiment/value/result.h"
#include "report/document/document.h"

namespace sg {

/// "Gain is the last token's norm behind the last block but one, divided by that behind the block before it. ..."
/// A part without words of its own is named as it is.
std::string definition_sentence(const ExperimentResult& result);

/// "last / penultimate_block / mean_of_gains"; the definition's name where its parts are unknown.
std::string definition_parts(const ExperimentResult& result);

/// The first twelve digits: enough to tell checkpoints apart.
std::string short_fingerprint(const std::string& fingerprint);
/// "SmolLM2-135M, llama, 30 layers of width 576, 135 M parameters stored as Q4_1": the checkpoint, on one line, without
/// its name where that is the model's label already.
std::string checkpoint_phrase(const MeasuredModel& model, const std::string& label);
/// "m1 is SmolLM2-135M, in the place of mistral-7b; m2 is gemma-3-270m." Models whose label says it all, and all when
/// they are more than a line or two holds, are left to the table; empty: none.
std::string opened_sentence(const ResultTable& models);
/// "Of 1,008 combinations of a definition and prompts 1,004 could be evaluated, and 431 of them (43 %) conclude the
/// same."
/// All models that are not on this machine, and what fetches them; empty: none is missing.
std::string missing_models_sentence(const ResultTable& models);

std::string agreement_sentence(const Multiverse& multiverse);

/// "What turns it, made differently alone: averaging over all tokens, token 0 among them (NOT_VALIDATED)." Where no
/// single choice does, the pairs that do.
std::string flips_sentence(const Multiverse& multiverse);
/// "Two choices turn it that do not alone: ..., and 4 more."; empty: none do.
std::string pairs_sentence(const Multiverse& multiverse);

/// "43 %", of a whole greater than 0.
std::string share_text(std::size_t part, std::size_t whole);

/// "1 model", "8 models".
std::string count_of(std::size_t n, const std::string& singular, const std::string& plural);

/// The verdict as the first lines of a report.
Callout verdict_callout(const ExperimentResult& result, const Verdict& verdict);

}  // namespace sg
