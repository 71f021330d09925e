// Definitions: reduction x span x pooling, each with a stable id, so that two reports can be compared.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "measure/gain_span.h"
#include "measure/reduction.h"

namespace sg {

enum class Pooling : std::uint8_t { kMeanOfGains, kMedianOfGains, kGeometricMean, kGainOfMeans };

inline constexpr std::array kPoolings = {Pooling::kMeanOfGains, Pooling::kMedianOfGains, Pooling::kGeometricMean,
                                         Pooling::kGainOfMeans};

/// "mean_of_gains"
std::string_view name(Pooling pooling);

struct Definition {
  Reduction reduction = Reduction::kLast;
  GainSpan span = GainSpan::kLastBlock;
  Pooling pooling = Pooling::kMeanOfGains;

  /// "last/penultimate_block/mean_of_gains"
  std::string id() const;
  bool operator==(const Definition&) const = default;
};

/// A definition that a published study used.
struct Preset {
  std::string_view name;
  Definition definition;
  std::string_view note;  // what the study called it
};
std::span<const Preset> presets();

/// Every definition, in the order of reductions, then spans, then poolings.
std::vector<Definition> all_definitions();

/// A preset's name, or "reduction/span/pooling"; without a pooling, mean_of_gains. An unknown word is an error of
/// usage that lists the known ones.
Result<Definition> find_definition(std::string_view text);

}  // namespace sg
