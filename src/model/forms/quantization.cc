#include "model/forms/quantization.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sg {
namespace {

constexpr const char* kKnown =
    "fp8, fbgemm_fp8, compressed-tensors, modelopt, mxfp4, gptq, auto-round (its GPTQ layout), awq (gemm), "
    "bitsandbytes, hqq or torchao";
constexpr const char* kElsewhere = "measure the original checkpoint, or a GGUF of it";
/// Wider than any block of scales that is published.
constexpr double kMostBlock = 65536;

/// An object of the configuration, with what its values have to be.
class Settings {
 public:
  Settings(const ConfigValue& object, std::string where, std::string path)
      : object_(object), where_(std::move(where)), path_(std::move(path)) {}

  const std::string& where() const { return where_; }
  const ConfigValue* find(std::string_view key) const {
    const ConfigValue* value = object_.member(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  std::string word(std::string_view key) const {
    const ConfigValue* value = find(key);
    const auto* word = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return word == nullptr ? std::string() : *word;
  }
  Result<std::optional<std::int64_t>> integer(std::string_view key) const {
    const ConfigValue* value = find(key);
    if (value == nullptr) return std::optional<std::int64_t>{};
    if (const auto* n = std::get_if<std::int64_t>(value)) return std::optional<std::int64_t>{*n};
    return wrong(key, "a whole number");
  }
  Result<bool> flag(std::string_view key, bool absent) const {
    const ConfigValue* value = find(key);
    if (value == nullptr) return absent;
    if (const bool* flag = std::get_if<bool>(value)) return *flag;
    return wrong(key, "true or false");
  }
  /// [rows, columns] of a block; zeros when absent.
  Result<std::array<std::size_t, 2>> block(std::string_view key) const {
    const ConfigValue* value = find(key);
    if (value == nullptr) return std::array<std::size_t, 2>{0, 0};
    const auto* list = std::get_if<ConfigList>(value);
    std::array<std::size_t, 2> sizes{};
    bool good = list != nullptr && list->size() == 2;
    for (std::size_t i = 0; good && i < 2; ++i) {
      const auto* n = std::get_if<std::int64_t>(&(*list)[i]);
      good = n != nullptr && *n > 0 && static_cast<double>(*n) <= kMostBlock;
      if (good) sizes[i] = static_cast<std::size_t>(*n);
    }
    if (!good) return wrong(key, "two sizes of a block");
    return sizes;
  }
  /// torchao's quant_type.default._type, the name of what the model was saved with, speaks of them.
  bool names_activations() const {
    const ConfigValue* value = find("quant_type");
    for (const char* key : {"default", "_type"}) value = value == nullptr ? nullptr : value->member(key);
    const auto* word = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return word != nullptr && word->find("DynamicActivation") != std::string::npos;
  }
  Error wrong(std::string_view key, std::string expected) const {
    const ConfigValue* value = find(key);
    return {.what = fmt::format("{}.{} has no usable value", path_, key),
            .where = where_,
            .expected = std::move(expected),
            .got = value == nullptr ? "nothing" : show(*value),
            .hint = kElsewhere};
  }

 private:
  const ConfigValue& object_;
  std::string where_, path_;
};

/// -1 is no groups.
Result<std::size_t> group_size(const Settings& s) {
  SG_TRY(const std::optional<std::int64_t> size, s.integer("group_size"));
  if (!size || *size == -1) return std::size_t{0};
  if (*size <= 0 || static_cast<double>(*size) > kLargestCount)
    return s.wrong("group_size", "-1, or a number of inputs");
  return static_cast<std::size_t>(*size);
}

Result<Quantization> float8(const Settings& s, Quantization q) {
  SG_TRY(const auto block, s.block("weight_block_size"));
  q.block_rows = block[0], q.block_cols = block[1];
  q.runtime = true;
  return q;
}

Result<Quantization> gptq(const Settings& s, Quantization q, std::string_view method) {
  SG_TRY(const std::optional<std::int64_t> bits, s.integer("bits"));
  if (!bits || (*bits != 2 && *bits != 3 && *bits != 4 && *bits != 8)) return s.wrong("bits", "2, 3, 4 or 8");
  q.bits = static_cast<unsigned>(*bits);
  SG_TRY(q.group_size, group_size(s));
  const std::string format = s.word("checkpoint_format"), packing = s.word("packing_format");
  if (method != "gptq" && !packing.empty() && packing.find("gptq") == std::string::npos) {
    return s.wrong("packing_format", "auto_round:auto_gptq");
  }
  if (!format.empty() && format != "gptq" && format != "gptq_v2")
    return s.wrong("checkpoint_format", "gptq or gptq_v2");
  q.zeros_less_one = format != "gptq_v2";
  return q;
}

Result<Quantization> awq(const Settings& s, Quantization q) {
  std::string version = s.word("version");
  std::ranges::transform(version, version.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!version.empty() && version != "gemm") return s.wrong("version", "gemm");
  SG_TRY(const std::optional<std::int64_t> bits, s.integer(s.find("w_bit") != nullptr ? "w_bit" : "bits"));
  if (bits && *bits != 4) return s.wrong("bits", "4");
  q.bits = 4;
  if (s.find("q_group_size") != nullptr) {
    SG_TRY(const std::optional<std::int64_t> size, s.integer("q_group_size"));
    if (*size <= 0 || static_cast<double>(*size) > kLargestCount) return s.wrong("q_group_size", "a number of inputs");
    q.group_size = static_cast<std::size_t>(*size);
    return q;
  }
  SG_TRY(q.group_size, group_size(s));
  return q;
}

Result<CompressedGroup> compressed_group(const std::string& name, const ConfigValue& entry, const Settings& outer,
                                         bool& runtime) {
  const ConfigValue* weights = entry.member("weights");
  CompressedGroup group;
  group.name = name;
  if (weights == nullptr || weights->is_null()) return group;
  const Settings s(*weights, outer.where(), fmt::format("config_groups.{}.weights", name));
  SG_TRY(const std::optional<std::int64_t> bits, s.integer("num_bits"));
  if (!bits || *bits < 1 || *bits > 8) return s.wrong("num_bits", "1 to 8");
  group.bits = static_cast<unsigned>(*bits);
  const std::string type = s.word("type");
  if (!type.empty() && type != "int" && type != "float") return s.wrong("type", "int or float");
  group.is_float = type == "float";
  SG_TRY(group.symmetric, s.flag("symmetric", true));
  SG_TRY(group.group_size, group_size(s));
  group.strategy = s.word("strategy");
  SG_TRY(const auto block, s.block("block_structure"));
  group.block_rows = block[0], group.block_cols = block[1];
  const ConfigValue* activations = entry.member("input_activations");
  runtime = runtime || (activations != nullptr && !activations->is_null());
  return group;
}

Result<Quantization> compressed(const Settings& s, Quantization q) {
  const ConfigValue* groups = s.find("config_groups");
  const auto* object = groups == nullptr ? nullptr : std::get_if<ConfigObject>(groups);
  if (object == nullptr || object->empty()) return s.wrong("config_groups", "an object of groups");
  for (const ConfigMember& member : *object) {
    SG_TRY(CompressedGroup group, compressed_group(member.name, member.value, s, q.runtime));
    if (group.bits != 0) q.groups.push_back(std::move(group));
  }
  const ConfigValue* sparsity = s.find("sparsity_config");
  const ConfigValue* kind = sparsity == nullptr ? nullptr : sparsity->member("format");
  const auto* word = kind == nullptr ? nullptr : std::get_if<std::string>(kind);
  if (word != nullptr && *word != "dense")
    return s.wrong("sparsity_config", "format dense: sparse weights are not read");
  return q;
}

Result<Quantization> modelopt(const Settings& s, Quantization q) {
  const std::string algorithm = s.word("quant_algo");
  if (algorithm != "FP8" && algorithm != "NVFP4" && algorithm != "FP8_PB_WO" &&
      algorithm != "FP8_PER_CHANNEL_PER_TOKEN")
    return s.wrong("quant_algo", "FP8, FP8_PER_CHANNEL_PER_TOKEN, FP8_PB_WO or NVFP4");
  if (algorithm == "FP8_PB_WO") q.block_rows = q.block_cols = 128;
  q.runtime = true;
  return q;
}

Result<Quantization> of_method(const std::string& method, const Settings& s) {
  Quantization q;
  q.name = method;
  q.where = s.where();
  const auto is = [&](QuantMethod m) {
    q.method = m;
    return q;
  };
  if (method == "fp8" || method == "fbgemm_fp8") return float8(s, is(QuantMethod::kFloat8));
  if (method == "compressed-tensors") return compressed(s, is(QuantMethod::kCompressed));
  if (method == "modelopt" || method == "modelopt_fp4") return modelopt(s, is(QuantMethod::kModelOpt));
  if (method == "mxfp4") return is(QuantMethod::kMxfp4);
  if (method == "gptq" || method == "auto-round" || method == "intel/auto-round") {
    return gptq(s, is(QuantMethod::kGptq), method);
  }
  if (method == "awq") return awq(s, is(QuantMethod::kAwq));
  if (method == "bitsandbytes") {
    q.runtime = s.find("load_in_8bit") != nullptr && *s.find("load_in_8bit") == ConfigValue(true);
    return is(QuantMethod::kBitsandbytes);
  }
  if (method == "hqq") return is(QuantMethod::kHqq);
  if (method == "torchao") {
    q.runtime = s.names_activations();
    return is(QuantMethod::kTorchao);
  }
  return Error{.what = "the linear layers are stored in a way that is not read",
               .where = s.where(),
               .expected = fmt::format("quant_method {}", kKnown),
               .got = method.empty() ? "an unnamed method" : method,
               .hint = kElsewhere};
}

}  // namespace

Result<std::optional<Quantization>> read_quantization(const Config& config, const Checkpoint& checkpoint) {
  if (config.format() == Format::kGguf) return std::optional<Quantization>{};
  for (const char* key : {"quantization_config", "compression_config"}) {
    SG_TRY_VOID(config.check_object(key));
    if (!config.has_object(key)) continue;
    const Settings s(*config.find(key), config.where(), key);
    std::string method = s.word("quant_method");
    if (method.empty() && s.find("config_groups") != nullptr) method = "compressed-tensors";
    if (method.empty() && s.find("quant_algo") != nullptr) method = "modelopt";
    SG_TRY(Quantization q, of_method(method, s));
    return std::optional(std::move(q));
  }
  if (checkpoint.quantization_json.empty()) return std::optional<Quantization>{};
  const std::string where = (checkpoint.path / "hf_quant_config.json").string();
  SG_TRY(const ConfigValue root, parse_config_json(checkpoint.quantization_json, where));
  const ConfigValue* object = root.member("quantization");
  if (object == nullptr || !std::holds_alternative<ConfigObject>(*object)) {
    return Error{.what = "no quantization", .where = where, .expected = "ModelOpt's object of that name"};
  }
  const Settings s(*object, where, "quantization");
  if (s.word("quant_algo").empty()) return std::optional<Quantization>{};  // the cache of keys and values alone
  SG_TRY(Quantization q, of_method("modelopt", s));
  return std::optional(std::move(q));
}

}  // namespace sg
