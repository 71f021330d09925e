#include "measure/definition.h"

#include <optional>

#include "base/nearest.h"

namespace sg {
namespace {

constexpr Preset kPresets[] = {
    {"notebook-003",
     {Reduction::kLast, GainSpan::kPenultimateBlock, Pooling::kMeanOfGains},
     "hidden_states[-2] over hidden_states[-3] at the last token: the block before the last"},
    {"notebook-003-with-norm",
     {Reduction::kLast, GainSpan::kLastBlockAndNorm, Pooling::kMeanOfGains},
     "hidden_states[-1] over hidden_states[-2] at the last token: the last block and the final norm"},
    {"notebook-001",
     {Reduction::kMean, GainSpan::kLastBlockAndNorm, Pooling::kMeanOfGains},
     "the same, norms averaged over all tokens"},
    {"notebook-004",
     {Reduction::kFrobenius, GainSpan::kLastBlock, Pooling::kMeanOfGains},
     "Frobenius norms around the last block, from hooks"},
};

template <class Enum, std::size_t kCount>
std::optional<Enum> find_name(const std::array<Enum, kCount>& all, std::string_view text) {
  for (const Enum value : all) {
    if (name(value) == text) return value;
  }
  return std::nullopt;
}

template <class Enum, std::size_t kCount>
std::vector<std::string> names_of(const std::array<Enum, kCount>& all) {
  std::vector<std::string> names;
  for (const Enum value : all) names.emplace_back(name(value));
  return names;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t slash = text.find('/', at);
    parts.push_back(text.substr(at, slash == std::string_view::npos ? slash : slash - at));
    if (slash == std::string_view::npos) return parts;
    at = slash + 1;
  }
}

Error unknown(std::string_view what, std::string_view text, const std::vector<std::string>& known) {
  Error error = unknown_word("unknown " + std::string(what), "--definition", text, known);
  error.hint += (error.hint.empty() ? "" : " ") + std::string("streamgauge list definitions names them all");
  return error;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& p : kPresets) names.emplace_back(p.name);
  names.emplace_back("reduction/span/pooling");
  return names;
}

}  // namespace

std::string_view name(Pooling pooling) {
  switch (pooling) {
    case Pooling::kMeanOfGains: return "mean_of_gains";
    case Pooling::kMedianOfGains: return "median_of_gains";
    case Pooling::kGeometricMean: return "geometric_mean";
    case Pooling::kGainOfMeans: return "gain_of_means";
  }
  return "";
}

std::string Definition::id() const {
  return std::string(name(reduction)) + "/" + std::string(name(span)) + "/" + std::string(name(pooling));
}

std::span<const Preset> presets() { return kPresets; }

std::vector<Definition> all_definitions() {
  std::vector<Definition> all;
  for (const Reduction r : kReductions) {
    for (const GainSpan s : kGainSpans) {
      for (const Pooling p : kPoolings) all.push_back({r, s, p});
    }
  }
  return all;
}

Result<Definition> find_definition(std::string_view text) {
  for (const Preset& preset : kPresets) {
    if (preset.name == text) return preset.definition;
  }
  const auto parts = split(text);
  if (parts.size() != 2 && parts.size() != 3) {
    return unknown("definition", text, preset_names());
  }
  const auto reduction = find_name(kReductions, parts[0]);
  if (!reduction) return unknown("reduction", parts[0], names_of(kReductions));
  const auto span = find_name(kGainSpans, parts[1]);
  if (!span) return unknown("span", parts[1], names_of(kGainSpans));
  if (parts.size() == 2) return Definition{*reduction, *span, Pooling::kMeanOfGains};
  const auto pooling = find_name(kPoolings, parts[2]);
  if (!pooling) return unknown("pooling", parts[2], names_of(kPoolings));
  return Definition{*reduction, *span, *pooling};
}

}  // namespace sg
