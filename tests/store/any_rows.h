// Random rows for the store, and every bit of a row as text, so that two of them can be compared.
#pragma once

#include <bit>
#include <string>

#include "store/row_store.h"

namespace sg::tests {

/// Numbers with all their bits drawn: NaNs of any payload, infinities, -0.0 and subnormals among them.
SequenceMeasurement any_sequence();
WeightsReport any_weights();
RunRecord any_run();

std::string bits_of(const SequenceMeasurement& m);
std::string bits_of(const WeightsReport& r);
std::string bits_of(const RunRecord& r);

}  // namespace sg::tests
