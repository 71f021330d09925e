#include "model/nope.h"

#include <fmt/format.h>

#include <algorithm>

namespace sg {
namespace {

/// no_rope_layers: 1 where a layer rotates, in spite of its name.
Result<std::vector<bool>> listed(const Config& config, const Fields& fields, std::size_t layers) {
  constexpr std::string_view kKey = "no_rope_layers";
  std::optional<std::vector<double>> list;
  if (config.format() == Format::kSafetensors) {
    SG_TRY(list, config.reals(kKey));
  }
  std::vector<bool> rotated;
  if (!list || list->empty()) {
    const std::size_t interval = fields.count(Field::kNopeInterval);
    for (std::size_t l = 0; l < layers; ++l) rotated.push_back((l + 1) % interval != 0);
    return rotated;
  }
  const bool flags = std::ranges::all_of(*list, [](double x) { return x == 0 || x == 1; });
  if (list->size() != layers || !flags) return config.wrong(kKey, fmt::format("a list of {} times 0 or 1", layers));
  for (const double x : *list) rotated.push_back(x == 1);
  return rotated;
}

}  // namespace

Result<std::vector<bool>> rotated_layers(const Family& family, const Config& config, const Fields& fields,
                                         const std::vector<bool>& windowed) {
  const bool window = fields.count(Field::kWindow, 0) > 0;
  std::vector<bool> rotated(windowed.size(), true);
  switch (family.position.nope) {
    case Nope::kNone: break;
    case Nope::kAll: rotated.assign(windowed.size(), false); break;
    case Nope::kUnlessStated: {
      // llama.cpp's converters say it by the flag that Field::kUseRope reads.
      if (config.format() == Format::kGguf) break;
      SG_TRY(const std::optional<std::string> kind, config.word("position_embedding_type"));
      rotated.assign(windowed.size(), kind == "rope");
      break;
    }
    case Nope::kListed: return listed(config, fields, windowed.size());
    case Nope::kUnwindowed:
      for (std::size_t l = 0; l < rotated.size(); ++l) rotated[l] = windowed[l] && window;
      break;
    case Nope::kFullBesideWindowed:
      for (std::size_t l = 0; l < rotated.size(); ++l) rotated[l] = windowed[l] || !window;
      break;
  }
  return rotated;
}

}  // namespace sg
