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

}  // namespace sg
