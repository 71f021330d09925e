// How a call of the library does its work, and what of it the caller wants.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace streamgauge {

enum class LogitPositions { kNone, kLast, kAll };

/// How work is done; no choice of these changes a bit of a result. Both callbacks' objects must outlive the call.
struct RunOptions {
  int threads = 0;                                 // 0: all that the process may use
  std::string isa;                                 // empty: the best of this machine
  const std::atomic<bool>* stop = nullptr;         // true: stop at the next layer, ErrorKind::kInterrupted
  std::function<void(double done)> progress = {};  // share of the work, 0 to 1
};

struct MeasureOptions {
  RunOptions run;
  LogitPositions logits = LogitPositions::kLast;
  LogitPositions lens = LogitPositions::kNone;  // positions read through the final norm after every layer
  std::vector<std::string> sites;               // whose norms are kept, dots with both of theirs; empty: all
  double massive_multiple = 1000;               // of the layer's median; what SequenceMeasurement::massive_values lists
  std::size_t memory_budget = 0;  // bytes of activations per pass over the weights; 0: a quarter of the RAM
};

struct WeightsOptions {
  RunOptions run;
  bool all = false;                  // every matrix; otherwise W_U and W_E
  std::vector<std::string> tensors;  // globs over stored names and roles, in place of W_U and W_E
  bool full_spectrum = false;
};

/// Which rows of which sites `extract` hands out.
struct ExtractOptions {
  RunOptions run;
  std::vector<std::string> sites;      // "embed", "resid_pre", ..., "ln_final"; one at least
  std::vector<std::size_t> layers;     // of the sites inside blocks; empty: all
  bool last_only = false;              // the last token of each prompt
  std::vector<std::size_t> positions;  // in place of all tokens, when last_only is not set
  std::size_t memory_budget = 0;       // as of MeasureOptions
};

}  // namespace streamgauge
