// Quantization: what a checkpoint's configuration says about how its linear layers are stored: quantization_config or
// compression_config in config.json, or ModelOpt's hf_quant_config.json beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/checkpoint.h"
#include "model/config.h"
#include "model/forms/name_pattern.h"

namespace sg {

enum class QuantMethod : std::uint8_t {
  kFloat8,        // "fp8", "fbgemm_fp8": DeepSeek, Qwen, MiniMax, Mistral
  kCompressed,    // "compressed-tensors"
  kModelOpt,      // "modelopt"
  kMxfp4,         // "mxfp4": gpt-oss
  kGptq,          // "gptq", and what writes its layout
  kAwq,           // "awq", version gemm
  kBitsandbytes,  // "bitsandbytes": nf4, fp4, int8
  kHqq,           // "hqq"
  kTorchao,       // "torchao", as its safetensors hold it
};

/// One entry of compressed-tensors' config_groups.
struct CompressedGroup {
  std::string name;
  unsigned bits = 0;
  bool is_float = false, symmetric = true;
  std::string strategy;        // "tensor", "channel", "group", "block", ...
  std::size_t group_size = 0;  // 0: none
  std::size_t block_rows = 0, block_cols = 0;
};

/// What says that a layer belongs to a group: its name, a pattern, or the class of modules that it is.
struct GroupTarget {
  std::string text;       // as the file has it: "Linear", "re:.*mlp.*", ...
  NamePattern pattern;    // of what follows "re:"; else empty
  std::size_t group = 0;  // of Quantization::groups
};

/// What some layers have otherwise: an entry of GPTQModel's `dynamic`, or of AutoRound's `extra_config`.
struct LayerOverride {
  std::string text;              // which layers, as the file has it
  NamePattern pattern;           // of their names; empty: the layer of that name alone
  bool is_named = false;         // AutoRound: it is meant as the whole name of a layer
  bool is_excluded = false;      // they are plain
  std::optional<unsigned> bits;  // absent: as all others
  std::optional<std::size_t> group_size;
  std::optional<bool> is_symmetric;
};

/// How GPTQ's zero points are stored.
enum class StoredZeros : std::uint8_t {
  kThemselves,
  kLessOne,         // each less one; the largest code stands for none
  kLessOneByWords,  // less a word with a one in every number, which borrows from number to number
  kLessOldThrees,   // of 3 bits: less the words that GPTQModel took before version 7
};

/// How one layer of GPTQ or AWQ is stored.
struct WordForm {
  unsigned bits = 0;
  std::size_t group_size = 0;  // 0: all inputs are one group
  StoredZeros zeros = StoredZeros::kThemselves;
  const LayerOverride* from = nullptr;  // the override that it follows
};

struct Quantization {
  QuantMethod method = QuantMethod::kFloat8;
  std::string name;                                  // of the method, as the file says it
  std::string where;                                 // the file
  std::size_t block_rows = 0, block_cols = 0;        // kFloat8: of the scales; 0: one for each row, or for all
  unsigned bits = 0;                                 // kGptq, kAwq
  std::size_t group_size = 0;                        // the same; 0: all inputs are one group
  bool zeros_less_one = false;                       // kGptq: zero points are stored less one
  bool may_be_asymmetric = false;                    // kGptq: some layer's zero points may be 0
  std::optional<std::array<unsigned, 3>> gptqmodel;  // kGptq: the version of it that wrote the file; zeros: not stated
  std::vector<LayerOverride> overrides;              // kGptq, kAwq, in the order in which they are tried
  std::vector<CompressedGroup> groups;               // kCompressed
  std::vector<GroupTarget> targets;                  // kCompressed, in the order in which they are tried
  bool runtime = false;                              // running it rounds activations too
};

/// Absent: the configuration says nothing. Errors: a method, a version or a setting that is not read, by name.
Result<std::optional<Quantization>> read_quantization(const Config& config, const Checkpoint& checkpoint);

/// How a layer of GPTQ or AWQ is stored, overrides included. Errors: it should be plain; which of two ways its zero
/// points are stored in is not said.
Result<WordForm> word_form_of(const Quantization& q, std::string_view layer);

/// Errors: an override of a whole name that no layer met.
Result<void> check_overrides_met(const Quantization& q, const std::set<const LayerOverride*>& met);

/// The group that a layer belongs to, as compressed-tensors chooses it; null when there are no groups. An error when
/// there are several and none names it.
Result<const CompressedGroup*> compressed_group_of(const Quantization& q, std::string_view module);

}  // namespace sg
