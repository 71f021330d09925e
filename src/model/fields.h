// Fields: the numbers of a configuration, one per Field, after a family's ConfigRows and their fallbacks.
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "model/config.h"
#include "model/family.h"

namespace sg {

/// A field the family has no row for is absent: has() is false and get() gives the neutral `otherwise`.
class Fields {
 public:
  bool has(Field field) const { return present_[index(field)]; }
  double get(Field field, double otherwise = 0.0) const { return has(field) ? values_[index(field)] : otherwise; }
  bool flag(Field field, bool otherwise = false) const { return get(field, otherwise ? 1.0 : 0.0) != 0.0; }
  /// A count in [least, kLargestCount]; an error naming the key otherwise.
  Result<std::size_t> count(Field field, std::size_t least = 1) const;
  void set(Field field, double value);

  /// Reads every row in order, so a fallback may use an earlier field.
  static Result<Fields> read(const Family& family, const Config& config, const Checkpoint& checkpoint);

 private:
  static std::size_t index(Field field) { return static_cast<std::size_t>(field); }
  const Family* family_ = nullptr;
  const Config* config_ = nullptr;
  std::array<double, static_cast<std::size_t>(Field::kCount)> values_{};
  std::array<bool, static_cast<std::size_t>(Field::kCount)> present_{};
};

/// Larger than any published width, depth or vocabulary; products of two stay far from overflow.
inline constexpr double kLargestCount = 1e9;

/// Whether `word` is one of `alternatives`, which '|' separates.
bool lists(std::string_view alternatives, std::string_view word);

/// The activation of that name ("silu", "gelu_pytorch_tanh", ...), or an error listing the known ones.
Result<Act> parse_act(std::string_view word, const std::string& where);

}  // namespace sg
