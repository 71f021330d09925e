#include "kernel/rounding.h"

#include <bit>
#include <cmath>
#include <limits>

namespace sg {
namespace {

/// The last `kDropped` bits of the fraction rounded away, ties to even; x finite.
template <int kDropped>
float without_last_bits(float x) {
  constexpr std::uint32_t kHalf = (1u << (kDropped - 1)) - 1;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + kHalf + ((bits >> kDropped) & 1u)) & ~((1u << kDropped) - 1));
}

float to_bfloat16(float x) { return std::isfinite(x) ? without_last_bits<16>(x) : x; }

float to_float16(float x) {
  constexpr float kSmallestNormal = 0x1p-14f;
  constexpr float kTooLarge = 65520.0f;  // from here on the nearest number would be 2^16
  const float size = std::abs(x);
  if (size < kSmallestNormal) {
    // Numbers between 0.5 and 1 have float32's last bit at 2^-24, where the subnormals of float16 have theirs.
    const float rounded = (size + 0.75f) - 0.75f;
    return std::copysign(rounded, x);
  }
  if (!std::isfinite(x)) return x;
  if (size >= kTooLarge) return std::copysign(std::numeric_limits<float>::infinity(), x);
  return without_last_bits<13>(x);
}

}  // namespace

std::string_view name(Precision precision) {
  switch (precision) {
    case Precision::kFloat32: return "float32";
    case Precision::kBfloat16: return "bfloat16";
    case Precision::kFloat16: return "float16";
  }
  return "";
}

std::optional<Precision> find_precision(std::string_view word) {
  for (const Precision p : {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat16}) {
    if (word == name(p)) return p;
  }
  return std::nullopt;
}

bool holds(Precision precision, DType stored) {
  switch (precision) {
    case Precision::kFloat32: return true;
    case Precision::kBfloat16: return stored == DType::kBF16;
    case Precision::kFloat16: return stored == DType::kF16;
  }
  return false;
}

float round_to(Precision precision, float x) {
  switch (precision) {
    case Precision::kFloat32: return x;
    case Precision::kBfloat16: return to_bfloat16(x);
    case Precision::kFloat16: return to_float16(x);
  }
  return x;
}

void round_to(Precision precision, float* x, std::size_t n) {
  switch (precision) {
    case Precision::kFloat32: return;
    case Precision::kBfloat16:
      for (std::size_t i = 0; i < n; ++i) x[i] = to_bfloat16(x[i]);
      return;
    case Precision::kFloat16:
      for (std::size_t i = 0; i < n; ++i) x[i] = to_float16(x[i]);
      return;
  }
}

void round_to(Precision precision, MatrixView x) {
  if (precision == Precision::kFloat32) return;
  for (std::size_t r = 0; r < x.rows; ++r) round_to(precision, x.row(r), x.cols);
}

}  // namespace sg
