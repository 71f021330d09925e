#include "model/rope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sg {
namespace {

constexpr double kPi = std::numbers::pi;

/// base^(2j / R) in float32, as transformers computes it before taking the reciprocal.
float position_frequency(double base, int j, int rotary_dim) {
  const float exponent = static_cast<float>(2 * j) / static_cast<float>(rotary_dim);
  return static_cast<float>(std::pow(base, static_cast<double>(exponent)));
}

std::vector<float> base_frequencies(double base, int rotary_dim) {
  std::vector<float> inverse(static_cast<std::size_t>(rotary_dim / 2));
  for (int j = 0; j < rotary_dim / 2; ++j)
    inverse[static_cast<std::size_t>(j)] = 1.0f / position_frequency(base, j, rotary_dim);
  return inverse;
}

/// Gemma 4: the first `share` of the whole head's frequencies, divided by the factor; the rest do not turn.
std::vector<float> proportional_frequencies(const RopeSpec& r) {
  std::vector<float> inverse = base_frequencies(r.theta, r.rotary_dim);
  const double turning = std::floor(r.share * r.rotary_dim / 2);
  for (std::size_t j = 0; j < inverse.size(); ++j) {
    inverse[j] = static_cast<double>(j) < turning ? inverse[j] / static_cast<float>(r.factor) : 0.0f;
  }
  return inverse;
}

/// LLaMA 3.1: long wavelengths are stretched by `factor`, short ones kept, those between interpolated.
void scale_llama3(const RopeSpec& r, std::vector<float>& inverse) {
  const double old_length = r.original_max_position;
  const float low_wavelength = static_cast<float>(old_length / r.low_freq_factor);
  const float high_wavelength = static_cast<float>(old_length / r.high_freq_factor);
  const float factor = static_cast<float>(r.factor), low = static_cast<float>(r.low_freq_factor);
  const float span = static_cast<float>(r.high_freq_factor - r.low_freq_factor);
  for (float& f : inverse) {
    const float wavelength = static_cast<float>(2.0 * kPi) / f;
    if (wavelength > low_wavelength) {
      f = f / factor;
    } else if (!(wavelength < high_wavelength)) {
      const float smooth = (static_cast<float>(old_length) / wavelength - low) / span;
      f = (1.0f - smooth) * f / factor + smooth * f;
    }
  }
}

double yarn_mscale(double factor, double mscale) { return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0; }

double yarn_attention(const RopeSpec& r) {
  if (r.attention_factor != 0) return r.attention_factor;
  if (r.mscale != 0 && r.mscale_all_dim != 0)
    return yarn_mscale(r.factor, r.mscale) / yarn_mscale(r.factor, r.mscale_all_dim);
  return yarn_mscale(r.factor, 1.0);
}

/// YaRN: a ramp over the channels from extrapolation (untouched) to interpolation (divided by the factor).
std::vector<float> yarn_frequencies(const RopeSpec& r) {
  const auto correction = [&](double rotations) {
    return r.rotary_dim * std::log(r.original_max_position / (rotations * 2 * kPi)) / (2 * std::log(r.theta));
  };
  double low = correction(r.beta_fast), high = correction(r.beta_slow);
  if (r.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(r.rotary_dim - 1));
  if (low == high) high += 0.001;  // as the reference does against a division by zero
  std::vector<float> inverse(static_cast<std::size_t>(r.rotary_dim / 2));
  for (int j = 0; j < r.rotary_dim / 2; ++j) {
    const float frequency = position_frequency(r.theta, j, r.rotary_dim);
    const float ramp =
        std::clamp((static_cast<float>(j) - static_cast<float>(low)) / static_cast<float>(high - low), 0.0f, 1.0f);
    const float keep = 1.0f - ramp;
    inverse[static_cast<std::size_t>(j)] =
        1.0f / (static_cast<float>(r.factor) * frequency) * (1.0f - keep) + 1.0f / frequency * keep;
  }
  return inverse;
}

RopeFrequencies longrope_frequencies(const RopeSpec& r, std::size_t length) {
  const bool is_long = static_cast<double>(length) > r.original_max_position;
  const std::vector<double>& factors = is_long ? r.long_factor : r.short_factor;
  RopeFrequencies out;
  for (int j = 0; j < r.rotary_dim / 2; ++j) {
    out.inverse.push_back(1.0f / (static_cast<float>(factors[static_cast<std::size_t>(j)]) *
                                  position_frequency(r.theta, j, r.rotary_dim)));
  }
  if (r.mscales) {
    out.attention_scaling = is_long ? r.long_mscale : r.short_mscale;
  } else if (r.attention_factor != 0) {
    out.attention_scaling = r.attention_factor;
  } else if (r.factor > 1.0) {
    out.attention_scaling = std::sqrt(1 + std::log(r.factor) / std::log(r.original_max_position));
  }
  return out;
}

/// NTK-aware: the base grows with the length beyond max_position.
double dynamic_theta(const RopeSpec& r, std::size_t length) {
  const double s = std::max(static_cast<double>(length), r.max_position);
  return r.theta * std::pow(r.factor * s / r.max_position - (r.factor - 1), r.rotary_dim / (r.rotary_dim - 2.0));
}

}  // namespace

RopeFrequencies resolve(const RopeSpec& r, std::size_t length) {
  RopeFrequencies out;
  switch (r.type) {
    case RopeType::kDefault: out.inverse = base_frequencies(r.theta, r.rotary_dim); break;
    case RopeType::kLinear:
      out.inverse = base_frequencies(r.theta, r.rotary_dim);
      for (float& f : out.inverse) f /= static_cast<float>(r.factor);
      break;
    case RopeType::kDynamic: out.inverse = base_frequencies(dynamic_theta(r, length), r.rotary_dim); break;
    case RopeType::kYarn: out = {yarn_frequencies(r), yarn_attention(r)}; break;
    case RopeType::kLongrope: out = longrope_frequencies(r, length); break;
    case RopeType::kLlama3:
      out.inverse = base_frequencies(r.theta, r.rotary_dim);
      scale_llama3(r, out.inverse);
      break;
    case RopeType::kProportional: out.inverse = proportional_frequencies(r); break;
  }
  out.attention_scaling *= r.attention_multiplier;
  for (std::size_t j = 0; j < r.divisors.size() && j < out.inverse.size(); ++j) out.inverse[j] /= r.divisors[j];
  return out;
}

RopeWavelengths rope_wavelengths(const RopeSpec& r, std::size_t length) {
  RopeWavelengths out;
  for (const float frequency : resolve(r, length).inverse) {
    if (frequency == 0) continue;  // no turn at all
    const double wavelength = 2 * kPi / static_cast<double>(frequency);
    out.shortest = out.pairs == 0 ? wavelength : std::min(out.shortest, wavelength);
    out.longest = std::max(out.longest, wavelength);
    out.beyond += wavelength > static_cast<double>(length) ? 1 : 0;
    ++out.pairs;
  }
  return out;
}

std::string_view name(RopeType type) {
  switch (type) {
    case RopeType::kDefault: return "default";
    case RopeType::kLinear: return "linear";
    case RopeType::kDynamic: return "dynamic";
    case RopeType::kYarn: return "yarn";
    case RopeType::kLongrope: return "longrope";
    case RopeType::kLlama3: return "llama3";
    case RopeType::kProportional: return "proportional";
  }
  return "";
}

}  // namespace sg
