// A measurement, and what else the same pass was asked to look at: heads of attention, writers of channels.
#pragma once

#include <vector>

#include "measure/heads.h"
#include "measure/writers.h"

namespace sg {

struct Closer {
  bool heads = false;
  std::vector<WriterPlace> writers = {};
};

struct MeasuredCloser {
  Measurement measurement;                    // the bits of measure()
  std::vector<SequenceHeads> heads;           // one per sequence, or none
  std::vector<std::vector<Writers>> writers;  // by sequence, in the order asked; or none
};

/// As measure(). Errors besides: those of resolve_places.
Result<MeasuredCloser> measure_closer(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                                      const Closer& closer, const MeasureOptions& options);

}  // namespace sg
