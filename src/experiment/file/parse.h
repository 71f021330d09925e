// Reading experiment files. Errors name the file and the line, what was expected and what was found.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "experiment/file/experiment.h"

namespace sg {

/// `file` names the text in errors. Overrides are "key=value": a path of keys ("prompts.suite"), where a list of
/// tables is entered by a table's key, name or place from 0 ("models.pythia-1b.hub"); the value is TOML, or a text
/// when it is no TOML.
Result<Experiment> parse_experiment(const std::string& text, const std::string& file,
                                    std::span<const std::string> overrides = {});

/// The prompts of the file that the experiment names, a path relative to its own file's folder; nothing when it names
/// none. What comes back has the warnings and what was read, the prompts are the experiment's. Errors: those of
/// read_prompt_file with at most `most` bytes, a column that is asked for and that no prompt has (usage).
Result<PromptFile> load_prompts(Experiment& experiment, std::size_t most);

/// "prompts.file" and a text as an override.
std::string text_override(const std::string& key, const std::string& text);

}  // namespace sg
