#include "model/rope_source.h"

#include <fmt/format.h>

namespace sg {
namespace {

constexpr const char* kOlder = "rope_scaling";
constexpr const char* kNewer = "rope_parameters";

bool is_object(const ConfigValue* value) { return value != nullptr && std::holds_alternative<ConfigObject>(*value); }

Result<RopeSource> for_all_layers(const Config& config, std::string_view layer_type) {
  RopeSource source = {.dictionaries = {}, .whole = config.has_object(kOlder) ? kOlder : kNewer};
  std::string dictionary = source.whole;
  if (!layer_type.empty()) {
    const std::string of_kind = fmt::format("{}.{}", dictionary, layer_type);
    SG_TRY_VOID(config.check_object(of_kind));
    source.nested = config.has_object(of_kind);
    if (source.nested) dictionary = of_kind;
  }
  if (config.has_object(dictionary)) source.dictionaries.push_back(std::move(dictionary));
  return source;
}

Result<RopeSource> with_defaults(const Config& config, std::string_view layer_type) {
  const std::string own = fmt::format("{}.{}", kNewer, layer_type);
  SG_TRY_VOID(config.check_object(own));
  RopeSource source = {.dictionaries = {}, .whole = kNewer, .nested = true};
  if (layer_type == "full_attention" && config.has_object(kOlder)) {
    if (is_object(config.find(kNewer)) && !is_object(config.find(own))) {
      return config.wrong(own, "an object, since rope_scaling is added to it");
    }
    // transformers 4 took the older word for rope_type; 5 keeps the type that was there.
    const bool older_word =
        config.find("rope_scaling.rope_type") == nullptr && config.find("rope_scaling.type") != nullptr;
    if (older_word)
      return config.wrong("rope_scaling.type", "rope_type, whose older name transformers 5 overlooks here");
    source.dictionaries.emplace_back(kOlder);
  }
  if (config.has_object(own)) source.dictionaries.push_back(own);
  return source;
}

Result<RopeSource> as_stated(const Config& config, std::string_view layer_type) {
  const std::string whole = is_object(config.find(kOlder)) ? kOlder : kNewer;
  if (!is_object(config.find(whole))) return RopeSource{};
  const std::string own = fmt::format("{}.{}", whole, layer_type);
  if (!config.has_object(own)) {
    return config.wrong(own, "an object: this family states the rotation of each kind of layers, or none");
  }
  return RopeSource{.dictionaries = {own}, .whole = whole, .nested = true};
}

}  // namespace

Result<RopeSource> rope_source(const Config& config, const RopeOf& of) {
  switch (of.kinds) {
    case RopeKinds::kOne: return for_all_layers(config, of.layer_type);
    case RopeKinds::kDefaulted: return with_defaults(config, of.layer_type);
    case RopeKinds::kStated: return as_stated(config, of.layer_type);
  }
  return RopeSource{};
}

bool states_rope(const Config& config, RopeKinds kinds) {
  if (config.format() == Format::kGguf || config.has_object(kOlder)) return true;
  return is_object(config.find(kNewer)) || (kinds == RopeKinds::kStated && is_object(config.find(kOlder)));
}

bool states_rope_in_vain(const Config& config, RopeKinds kinds) {
  if (kinds != RopeKinds::kDefaulted || config.format() == Format::kGguf || !config.has_object(kNewer)) return false;
  return config.find("rope_parameters.full_attention|rope_parameters.sliding_attention") == nullptr;
}

}  // namespace sg
