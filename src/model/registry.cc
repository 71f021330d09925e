// Which family a checkpoint belongs to.
#include <fmt/format.h>

#include "model/fields.h"
#include "model/spec.h"

namespace sg {
namespace {

struct Refused {
  std::string_view model_type;
  std::string_view reason;
};
// What cannot be measured faithfully; ends with what the graph has that this one lacks.
constexpr Refused kRefused[] = {
    {"dbrx", "a mixture of experts whose weights are stored as rows of one matrix"},
    {"jetmoe", "a mixture of experts in its attention as well"},
    {"mistral4", "a mixture of experts with grouped latent attention"},
    {"deepseek_v32", "latent attention over keys that an index chooses"},
    {"glm_moe_dsa", "latent attention over keys that an index chooses"},
    {"glm-dsa", "latent attention over keys that an index chooses"},
    {"deepseek_v4", "a model with several residual streams"},
    {"gemma3n", "a model with several residual streams"},
    {"gemma3n_text", "a model with several residual streams"},
    {"hy_v4", "a model with several residual streams"},
    {"zamba", "a state-space hybrid whose shared attention reads the embedding beside the stream"},
    {"kimi_linear", "a recurrent hybrid with decays by channel"},
    {"kimi-linear", "a recurrent hybrid with decays by channel"},
    {"minimax", "a recurrent hybrid with lightning attention"},
    {"rwkv", "a recurrent model"},
    {"rwkv6", "a recurrent model"},
    {"rwkv7", "a recurrent model"},
    {"xlstm", "a recurrent model"},
    {"recurrent_gemma", "a recurrent hybrid"},
    {"t5", "an encoder-decoder"},
    {"bart", "an encoder-decoder"},
    {"whisper", "an encoder-decoder"},
    {"bert", "an encoder"},
    {"roberta", "an encoder"},
    {"modernbert", "an encoder"},
};

/// Whether the key is there and is neither 0 nor false, llama.cpp's "none"; of "key=2", whether it is there as 2.
bool states(const Config& config, std::string_view key) {
  const std::size_t equals = key.find('=');
  const ConfigValue* value = config.find(key.substr(0, equals));
  const auto* count = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  const bool* flag = value == nullptr ? nullptr : std::get_if<bool>(value);
  if (flag != nullptr) return *flag;
  if (equals != std::string_view::npos) return count != nullptr && std::to_string(*count) == key.substr(equals + 1);
  return value != nullptr && !value->is_null() && (count == nullptr || *count != 0);
}

}  // namespace

Result<const Family*> find_family(const Config& config) {
  const std::string& type = config.model_type();
  std::string known;
  const Family* found = nullptr;
  for (const Family* family : all_families()) {
    const bool gguf = config.format() == Format::kGguf;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", family->name);
    if (!lists(gguf ? family->gguf_arch : family->model_types, type)) continue;
    const bool keyed = gguf && !family->gguf_key.empty();
    if (keyed ? states(config, family->gguf_key) : found == nullptr) found = family;
  }
  if (found != nullptr) return found;
  for (const Refused& refused : kRefused) {
    if (type == refused.model_type) {
      return Error{.what = fmt::format("{} is {}", type, refused.reason),
                   .where = config.where(),
                   .expected = "a decoder-only model of a family that `streamgauge list families` names",
                   .hint = "its residual stream cannot be measured faithfully by this version"};
    }
  }
  return Error{.what = "unknown model family",
               .where = config.where(),
               .expected = "one of " + known,
               .got = "\"" + type + "\"",
               .hint = "docs/adding-a-family.md says how a family is added"};
}

}  // namespace sg
