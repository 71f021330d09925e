// A fuller measurement of the same key joined to what is stored: what is there stays as it is.
#pragma once

#include "store/row_store.h"

namespace sg {

/// Adds norms and dots of sites, and distributions at positions, that `stored` lacks.
void add_missing(SequenceMeasurement& stored, const SequenceMeasurement& more);
/// Adds matrices, statistics, spectra, ratios and warnings that `stored` lacks.
void add_missing(WeightsReport& stored, const WeightsReport& more);

}  // namespace sg
