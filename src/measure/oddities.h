// What is odd about one measured prompt, as people are warned of it.
#pragma once

#include <string>
#include <vector>

#include "measure/row.h"
#include "model/spec.h"

namespace sg {

/// Appends a line for each: a prompt longer than the model was trained for, sites and logits that are not finite, sums
/// that do not close. Prompts are counted from 1 there, `number` from 0.
void report_oddities(const Spec& spec, const SequenceMeasurement& m, std::size_t number,
                     std::vector<std::string>& warnings);

}  // namespace sg
