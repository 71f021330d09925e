// What turns a verdict, in sentences.
#pragma once

#include <span>
#include <string>

#include "measure/explain.h"

namespace sg {

/// `writers`: of explanation.writers, in order; empty when nobody looked. Lines of at most 120 columns.
std::string explanation_text(const Explanation& explanation, const Measurement& own, std::span<const Writers> writers);

/// Who adds what to the channels: a table per place, the largest writers of each branch.
std::string writers_text(std::span<const Writers> writers);
/// The same of every prompt.
std::string writers_text(const Measurement& measurement, std::span<const std::vector<Writers>> writers);

}  // namespace sg
