// measure: one streamed forward pass over a model, every site's token norms recorded.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "base/result.h"
#include "base/trace.h"
#include "measure/row.h"
#include "model/model.h"

namespace sg {

struct Gpus;
struct Kernels;

/// Changes whenever any result may change in any bit; stored results carry it.
inline constexpr int kNumericsVersion = 1;

/// When a value counts as a massive activation: more than this many times the median magnitude of its layer's
/// stream, over the prompt's tokens and channels, and larger than kMassiveSize (Sun et al. 2024, arXiv:2402.17762).
inline constexpr double kMassiveMultiple = 1000;
inline constexpr double kMassiveSize = 100;

enum class LogitPositions : std::uint8_t { kNone, kLast, kAll };

struct MeasureOptions {
  int threads = 0;             // 0: all this process may use
  std::string isa;             // empty: the best, or SG_FORCE_ISA
  std::string device = {};     // "cpu" or empty, "cuda", "cuda:1", "cuda:0,1", "cuda:all", "auto" (measure/device.h)
  const Gpus* gpus = nullptr;  // measure/machine.h; null: the driver's
  LogitPositions logits = LogitPositions::kLast;
  LogitPositions lens = LogitPositions::kNone;  // positions read through the final norm after every layer
  std::vector<std::int32_t> targets = {};       // tokens that are looked for at those positions
  double massive_multiple = kMassiveMultiple;   // of the median; see SequenceMeasurement::massive_values
  std::size_t memory_budget = 0;                // bytes of activations at a time; 0: a quarter of what may be used
  std::optional<ModelFacts> facts = {};         // of the model, from whoever has them: finding them out takes a moment
  const std::atomic<bool>* stop = nullptr;
  std::function<void(double done)> progress = {};             // share of the work done, 0 to 1
  std::function<void(const std::string& warning)> warn = {};  // of the work and not of its results
  Trace* trace = nullptr;                                     // filled with what was computed and read when
};

/// "0.1.0"
std::string engine_version();
/// The engine of a run: what every result says about who computed it, and as if in which type.
EngineFacts engine_facts(const Kernels& kernels, int threads, Precision precision = Precision::kFloat32);
/// The same for these options. Errors: an unknown ISA.
Result<EngineFacts> engine_facts(int threads, const std::string& isa, Precision precision = Precision::kFloat32);
/// What an engine's facts say.
Precision precision_of(const EngineFacts& engine);

/// What inspect and every result say about the model. Its fingerprint is that of a sample of the weights; it is empty
/// for a model that is read from elsewhere, until measure() has seen them all.
ModelFacts describe(const Model& model);

/// What commands want of an opened model before they compute. Both are found out side by side, while the first layer is
/// being read.
struct Acquaintance {
  ModelFacts facts;
  Result<Tokenizer> tokenizer;
};
Acquaintance acquaint(const Model& model);

/// Measures every sequence. `tokenizer` names the top tokens; null leaves their texts empty. Sequences are packed into
/// as few passes over the weights as the budget allows; packing never changes a bit of any result.
/// A pass that finds too little memory on a GPU is done in two. Several GPUs share the passes out (measure/team.h).
/// Errors: an empty sequence, an id outside the vocabulary, an unknown ISA, a GPU that cannot be used, targets whose
/// layers' logits need more than half of the memory, a prompt whose activations alone exceed the memory of the machine,
/// a model that changed meanwhile, interrupted.
Result<Measurement> measure(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                            const MeasureOptions& options);

/// What --plan prints before anything is paid for.
struct Plan {
  std::size_t passes = 0;        // over the weights
  std::uint64_t bytes_read = 0;  // of weights, all passes
  std::uint64_t peak_bytes = 0;  // activations and two layers of weights
  double flops = 0;              // multiply-adds count two
};
Plan plan(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options);

}  // namespace sg
