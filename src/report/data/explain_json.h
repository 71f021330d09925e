// Explanations and writers as JSON.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "measure/explain.h"
#include "report/data/json_text.h"

namespace sg {

/// `explain` of a document of gains. `writers`: of explanation.writers, in order; empty when nobody looked.
Json explanation_json(const Explanation& explanation, std::span<const Writers> writers);

/// A list per sequence.
Json writers_json(std::span<const std::vector<Writers>> writers);
/// Adds `writers` to every sequence of a measurement's document, and the largest error of their sums to its checks.
void add_writers(Json& measurement, std::span<const std::vector<Writers>> writers);
/// The writers of every sequence of a measurement's document; none where it has none. Errors: of a document that is not
/// as add_writers writes it.
Result<std::vector<std::vector<Writers>>> read_writers(std::string_view json, std::string_view where);

}  // namespace sg
