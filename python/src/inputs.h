// What Python gives, as the library takes it. Errors: Failure (usage), or what nanobind throws for another type.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "streamgauge/streamgauge.h"

namespace sgpy {

namespace nb = nanobind;

/// Prompts as Python gives them: (text, ids, messages, id, [(column, value)]) each.
std::vector<streamgauge::Prompt> prompts_of(const nb::list& plain);
/// The same of one prompt, for Python.
nb::tuple plain_prompt(const streamgauge::Prompt& prompt);

/// (special, chat, system, generation prompt)
streamgauge::TextOptions texts_of(const nb::tuple& plain);
streamgauge::SpecialTokens special_of(const std::string& word);
streamgauge::LogitPositions positions_of(const std::string& word);
streamgauge::EmbedScale scale_of(const std::string& word);
streamgauge::Precision precision_of(const std::string& word);
streamgauge::CompareMatrices matrices_of(const std::string& word);
streamgauge::RunOptions run_options(int threads, const std::string& isa, const std::string& device = {});

}  // namespace sgpy
