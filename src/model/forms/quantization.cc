#include "model/forms/quantization.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "model/forms/settings.h"

namespace sg {
namespace {

constexpr const char* kKnown =
    "fp8, fbgemm_fp8, compressed-tensors, modelopt, mxfp4, gptq, auto-round (its GPTQ layout), awq (gemm), "
    "bitsandbytes, hqq or torchao";

Result<Quantization> float8(const Settings& s, Quantization q) {
  SG_TRY(const auto block, s.block("weight_block_size"));
  q.block_rows = block[0], q.block_cols = block[1];
  if (q.name == "fp8" && !s.names("weight_block_size")) q.block_rows = q.block_cols = 128;  // transformers' default
  q.runtime = true;
  return q;
}

/// The layout that "format" names; the key that older files have for it goes before it.
Result<std::string> layout(const Settings& s, std::string_view older) {
  SG_TRY(std::string format, s.lower_word("format"));
  SG_TRY(std::string stated, s.lower_word(older));
  return s.find(older) != nullptr ? stated : format;
}

/// torchao's quant_type.default._type, the name of what the model was saved with, speaks of activations. Older files
/// name what it was saved with by a word.
Result<bool> names_activations(const Settings& s) {
  const ConfigValue* value = s.find("quant_type");
  if (value == nullptr || std::holds_alternative<std::string>(*value)) return false;
  SG_TRY(const ConfigValue* type, s.object("quant_type"));
  SG_TRY(const ConfigValue* saved, Settings(*type, s.where(), "quant_type").object("default"));
  if (saved == nullptr) return false;
  SG_TRY(const std::string name, Settings(*saved, s.where(), "quant_type.default").word("_type"));
  return name.find("DynamicActivation") != std::string::npos;
}

/// "7.3.4" of "gptqmodel:7.3.4-dev"; what is missing is 0.
std::array<unsigned, 3> version_in(std::string_view text) {
  std::array<unsigned, 3> version{};
  const std::size_t colon = text.find(':');
  const char* at = text.data() + (colon == std::string_view::npos ? text.size() : colon + 1);
  const char* const end = text.data() + text.size();
  for (unsigned& part : version) {
    const auto [stop, error] = std::from_chars(at, end, part);
    if (error != std::errc() || stop == end || *stop != '.') break;
    at = stop + 1;
  }
  return version;
}

/// The version of GPTQModel where meta.quantizer, a word or several, names it.
Result<std::optional<std::array<unsigned, 3>>> gptqmodel_version(const Settings& s) {
  using Version = std::optional<std::array<unsigned, 3>>;
  SG_TRY(const ConfigValue* meta, s.object("meta"));
  if (meta == nullptr) return Version();
  const Settings inner(*meta, s.where(), "meta");
  const ConfigValue* value = inner.find("quantizer");
  std::vector<std::string> names;
  if (value != nullptr && std::holds_alternative<std::string>(*value)) {
    names.push_back(std::get<std::string>(*value));
  } else {
    SG_TRY(names, inner.words("quantizer"));
  }
  const auto found = std::ranges::find_if(names, [](const std::string& name) { return name.starts_with("gptqmodel"); });
  return found == names.end() ? Version() : Version(version_in(*found));
}

Result<Quantization> gptq(const Settings& s, Quantization q, std::string_view method) {
  SG_TRY(const std::optional<std::int64_t> bits, s.integer("bits"));
  if (!bits || (*bits != 2 && *bits != 3 && *bits != 4 && *bits != 8)) return s.wrong("bits", "2, 3, 4 or 8");
  q.bits = static_cast<unsigned>(*bits);
  SG_TRY(q.group_size, s.group_size());
  SG_TRY(const std::string packing, s.lower_word("packing_format"));
  if (method != "gptq" && !packing.empty() && packing.find("gptq") == std::string::npos) {
    return s.wrong("packing_format", "auto_round:auto_gptq");
  }
  SG_TRY(const std::string format, layout(s, "checkpoint_format"));
  if (!format.empty() && format != "gptq" && format != "gptq_v2") {
    return s.wrong(s.find("checkpoint_format") != nullptr ? "checkpoint_format" : "format", "gptq or gptq_v2");
  }
  SG_TRY_VOID(s.flag("is_marlin_format", false));
  SG_TRY_VOID(s.refuse("is_marlin_format", "Marlin's layout is not read"));
  q.zeros_less_one = format != "gptq_v2";
  SG_TRY(const bool symmetric, s.flag("sym", true));
  SG_TRY(q.gptqmodel, gptqmodel_version(s));
  SG_TRY_VOID(read_overrides(s, q));
  q.may_be_asymmetric = !symmetric || std::ranges::any_of(q.overrides, [](const LayerOverride& layers) {
    return layers.is_symmetric == false;
  });
  return q;
}

Result<Quantization> awq(const Settings& s, Quantization q) {
  SG_TRY(const std::string version, layout(s, "version"));
  if (!version.empty() && version != "gemm") {
    return s.wrong(s.find("version") != nullptr ? "version" : "format", "gemm");
  }
  SG_TRY(const std::string backend, s.lower_word("backend"));
  if (backend == "llm-awq") return s.wrong("backend", "a program that reads version gemm: llm-awq has its own layout");
  SG_TRY(const std::optional<std::int64_t> bits, s.integer(s.find("w_bit") != nullptr ? "w_bit" : "bits"));
  if (bits && *bits != 4) return s.wrong("bits", "4");
  q.bits = 4;
  SG_TRY_VOID(read_overrides(s, q));
  if (s.find("q_group_size") != nullptr) {
    SG_TRY(const std::optional<std::int64_t> size, s.integer("q_group_size"));
    if (*size <= 0 || static_cast<double>(*size) > kLargestCount) return s.wrong("q_group_size", "a number of inputs");
    q.group_size = static_cast<std::size_t>(*size);
    return q;
  }
  SG_TRY(q.group_size, s.group_size());
  return q;
}

Result<Quantization> modelopt(const Settings& s, Quantization q) {
  SG_TRY(const std::string algorithm, s.word("quant_algo"));
  if (algorithm != "FP8" && algorithm != "NVFP4" && algorithm != "FP8_PB_WO" &&
      algorithm != "FP8_PER_CHANNEL_PER_TOKEN")
    return s.wrong("quant_algo", "FP8, FP8_PER_CHANNEL_PER_TOKEN, FP8_PB_WO or NVFP4");
  if (algorithm == "FP8_PB_WO") q.block_rows = q.block_cols = 128;
  q.runtime = true;
  return q;
}

/// Of forms whose tensors say all of a layer, or that have no such keys: then an entry that says something else than
/// which layers are plain is not read.
Result<void> refuse_overrides(const Settings& s) {
  Quantization unused;
  SG_TRY_VOID(read_overrides(s, unused));
  for (const LayerOverride& layers : unused.overrides) {
    if (layers.is_excluded || (!layers.bits && !layers.group_size && !layers.is_symmetric)) continue;
    return s.wrong(s.find("dynamic") != nullptr ? "dynamic" : "extra_config",
                   "entries of layers that are left out alone");
  }
  return {};
}

Result<Quantization> of_method(const std::string& method, const Settings& s) {
  Quantization q;
  q.name = method;
  q.where = s.where();
  const auto is = [&](QuantMethod m) {
    q.method = m;
    return q;
  };
  if (method == "gptq" || method == "auto-round" || method == "intel/auto-round") {
    return gptq(s, is(QuantMethod::kGptq), method);
  }
  if (method == "awq") return awq(s, is(QuantMethod::kAwq));
  SG_TRY_VOID(refuse_overrides(s));
  if (method == "fp8" || method == "fbgemm_fp8") return float8(s, is(QuantMethod::kFloat8));
  if (method == "compressed-tensors") return read_compressed(s, is(QuantMethod::kCompressed));
  if (method == "modelopt" || method == "modelopt_fp4") return modelopt(s, is(QuantMethod::kModelOpt));
  if (method == "mxfp4") return is(QuantMethod::kMxfp4);
  if (method == "bitsandbytes") {
    SG_TRY(q.runtime, s.flag("load_in_8bit", false));
    SG_TRY_VOID(s.flag("load_in_4bit", false));
    return is(QuantMethod::kBitsandbytes);
  }
  if (method == "hqq") return is(QuantMethod::kHqq);
  if (method == "torchao") {
    SG_TRY(q.runtime, names_activations(s));
    return is(QuantMethod::kTorchao);
  }
  return Error{.what = "the linear layers are stored in a way that is not read",
               .where = s.where(),
               .expected = fmt::format("quant_method {}", kKnown),
               .got = method.empty() ? "an unnamed method" : method,
               .hint = "measure the original checkpoint, or a GGUF of it"};
}

}  // namespace

Result<std::optional<Quantization>> read_quantization(const Config& config, const Checkpoint& checkpoint) {
  if (config.format() == Format::kGguf) return std::optional<Quantization>{};
  for (const char* key : {"quantization_config", "compression_config"}) {
    SG_TRY_VOID(config.check_object(key));
    if (!config.has_object(key)) continue;
    const Settings s(*config.find(key), config.where(), key);
    SG_TRY(std::string method, s.word("quant_method"));
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
  SG_TRY(const std::string algorithm, s.word("quant_algo"));
  if (algorithm.empty()) return std::optional<Quantization>{};  // the cache of keys and values alone
  SG_TRY(Quantization q, of_method("modelopt", s));
  return std::optional(std::move(q));
}

}  // namespace sg
