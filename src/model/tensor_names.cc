#include "model/tensor_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_set>

#include "io/window.h"

namespace sg {
namespace {

template <class Visit>
void for_each_alternative(std::string_view patterns, Visit&& visit) {
  while (!patterns.empty()) {
    const std::size_t bar = patterns.find('|');
    visit(patterns.substr(0, bar));
    patterns = bar == std::string_view::npos ? std::string_view{} : patterns.substr(bar + 1);
  }
}

/// torch's first names for a norm's parameters.
std::string legacy_suffix(const std::string& name) {
  if (name.ends_with(".weight")) return name.substr(0, name.size() - 7) + ".gamma";
  if (name.ends_with(".bias")) return name.substr(0, name.size() - 5) + ".beta";
  return name;
}

std::string_view parent(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

bool is_scale(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return last.find("scale") != std::string_view::npos || last == "qweight" || last == "qzeros" || last == "g_idx" ||
         last == "absmax" || last == "quant_map" || last == "SCB" || last.starts_with("weight_");
}

/// Buffers that old checkpoints carry and that no forward pass reads.
bool is_buffer(const TensorInfo& tensor) {
  const std::string& n = tensor.name;
  return n.ends_with("inv_freq") || n.ends_with(".masked_bias") || n.ends_with("position_ids") ||
         n.ends_with(".version") ||
         ((n.ends_with(".attention.bias") || n.ends_with(".attn.bias")) && tensor.shape.size() == 4);
}

/// The number that follows `stem` at the start of `name`, and the dot after it.
std::optional<std::size_t> layer_after(std::string_view name, std::string_view stem) {
  if (stem.empty() || !name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  std::size_t digits = 0, number = 0;
  for (; digits < name.size() && digits < 9 && std::isdigit(static_cast<unsigned char>(name[digits])) != 0; ++digits) {
    number = number * 10 + static_cast<std::size_t>(name[digits] - '0');
  }
  return digits > 0 && digits < name.size() && name[digits] == '.' ? std::optional(number) : std::nullopt;
}

/// Where the blocks of the family stand: "model.layers.", "blk.".
std::string block_stem(const Family& family, bool gguf) {
  for (const TensorRow& row : family.tensors) {
    const std::string_view pattern = gguf ? row.gguf : row.hf;
    if (const std::size_t brace = pattern.find("{}"); brace != std::string_view::npos) {
      return std::string(pattern.substr(0, brace));
    }
  }
  return "";
}

/// Children of a multimodal model's root that are not its language model.
bool is_other_modality(std::string_view name) {
  constexpr std::string_view kParts[] = {"vision", "visual", "image",     "multi_modal", "multimodal", "mm_",
                                         "audio",  "video",  "connector", "resampler",   "talker",     "mtp"};
  return std::ranges::any_of(kParts, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

/// Which tensors the computation of this model would need to know.
class Reach {
 public:
  Reach(const Spec& spec, const TensorNames& names, const std::set<const TensorInfo*>& used)
      : layers_(spec.layers), gguf_(spec.format == Format::kGguf) {
    const std::string stem = block_stem(*spec.family, gguf_), base(spec.family->base_prefix);
    const std::string bare = !base.empty() && stem.starts_with(base) ? stem.substr(base.size()) : stem;
    for (const std::string& prefix : {std::string(), names.prefix()}) {
      for (const std::string& each : {stem, bare, base + stem}) stems_.insert(prefix + each);
      roots_.insert(prefix + std::string(parent(stem.substr(0, stem.empty() ? 0 : stem.size() - 1))));
    }
    roots_.erase("");
    for (const TensorInfo* tensor : used) modules_.insert(std::string(parent(tensor->name)));
  }

  bool holds(const TensorInfo& tensor) const {
    const std::string_view name = tensor.name;
    if (gguf_) {
      if (name.starts_with("v.") || name.starts_with("mm.") || name.starts_with("a.")) return false;
      const std::optional<std::size_t> layer = layer_after(name, "blk.");
      return !layer || *layer < layers_;
    }
    for (const std::string& stem : stems_) {
      if (const std::optional<std::size_t> layer = layer_after(name, stem)) return *layer < layers_;
    }
    if (is_other_modality(name)) return false;
    return modules_.contains(std::string(parent(name))) || roots_.contains(std::string(parent(parent(name))));
  }

 private:
  std::size_t layers_;
  bool gguf_;
  std::set<std::string> stems_, roots_;
  std::unordered_set<std::string> modules_;
};

/// Blocks that predict further tokens, whose head joins a stream and an embedding by `eh_proj`, and modules named so.
class FurtherTokens {
 public:
  explicit FurtherTokens(const Checkpoint& checkpoint) {
    constexpr std::string_view kJoin = "eh_proj.";
    const auto look = [&](const TensorInfo& tensor) {
      const std::size_t at = tensor.name.find(kJoin);
      if (at == std::string::npos) return;
      std::string block = tensor.name.substr(0, at);
      if (block.ends_with(".nextn.")) block.resize(block.size() - std::string_view("nextn.").size());
      blocks_.insert(std::move(block));
    };
    std::ranges::for_each(checkpoint.tensors, look);
    std::ranges::for_each(checkpoint.made.tensors, look);
  }
  bool has(const TensorInfo& tensor) const {
    if (tensor.name.find("mtp") != std::string::npos || tensor.name.find(".nextn.") != std::string::npos) return true;
    return std::ranges::any_of(blocks_, [&](const std::string& block) { return tensor.name.starts_with(block); });
  }

 private:
  std::set<std::string> blocks_;
};

/// Tensors that are passed over.
struct Counted {
  std::size_t count = 0;
  std::string first;
  void add(const TensorInfo& tensor) {
    if (count++ == 0) first = tensor.name;
  }
  std::string said() const {
    return count == 1 ? fmt::format("1 tensor ({}) is", first)
                      : fmt::format("{} tensors (the first is {}) are", count, first);
  }
};

}  // namespace

std::string with_index(std::string_view pattern, std::size_t index) {
  const std::size_t brace = pattern.find("{}");
  if (brace == std::string_view::npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, brace), index, pattern.substr(brace + 2));
}

TensorNames::TensorNames(const Spec& spec, const Checkpoint& checkpoint) : spec_(spec), checkpoint_(checkpoint) {
  if (checkpoint.format == Format::kSafetensors) prefix_ = find_prefix();
}

/// As written, and with the family's base prefix added or removed.
std::vector<std::string> TensorNames::spellings(const std::string& name) const {
  const std::string base(spec_.family->base_prefix);
  std::vector<std::string> all = {name, base + name};
  if (!base.empty() && name.starts_with(base)) all.push_back(name.substr(base.size()));
  return all;
}

/// Found where a tensor that every model has stands under a longer name: inside a multimodal model
/// ("language_model."), or as a wrapper of the training code saved it ("_orig_mod.", "module.", "base_model.model.").
std::string TensorNames::find_prefix() const {
  for (const TensorRow& row : spec_.family->tensors) {
    if ((row.need != Need::kAlways && row.need != Need::kUnlessFused) || row.hf.empty()) continue;
    if (find(row.hf, 0) != nullptr) return "";
    std::vector<std::string> names;
    for_each_alternative(row.hf, [&](std::string_view pattern) {
      for (std::string& spelling : spellings(with_index(pattern, 0))) names.push_back(std::move(spelling));
    });
    for (const std::string& name : names) {
      std::set<std::string> prefixes;
      const auto look = [&](const TensorInfo& tensor) {
        if (!tensor.name.ends_with("." + name)) return;
        std::string prefix = tensor.name.substr(0, tensor.name.size() - name.size());
        if (!is_other_modality(prefix)) prefixes.insert(std::move(prefix));
      };
      std::ranges::for_each(checkpoint_.tensors, look);
      std::ranges::for_each(checkpoint_.made.tensors, look);
      if (prefixes.size() == 1) return *prefixes.begin();
    }
  }
  return "";
}

const TensorInfo* TensorNames::find(std::string_view patterns, std::size_t index) const {
  const TensorInfo* found = nullptr;
  for_each_alternative(patterns, [&](std::string_view pattern) {
    if (found != nullptr) return;
    const std::string name = with_index(pattern, index);
    if (checkpoint_.format == Format::kGguf) {
      found = checkpoint_.find(name);
      return;
    }
    for (const std::string& prefix : {prefix_, std::string()}) {
      for (const std::string& spelling : spellings(name)) {
        if (found == nullptr) found = checkpoint_.find(prefix + spelling);
        if (found == nullptr) found = checkpoint_.find(prefix + legacy_suffix(spelling));
      }
    }
  });
  return found;
}

std::string TensorNames::seen() const {
  constexpr std::size_t kShown = 4, kLongest = 80;
  std::string names;
  for (std::size_t i = 0; i < checkpoint_.tensors.size() && i < kShown; ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : ", ", checkpoint_.tensors[i].name.substr(0, kLongest));
  }
  return fmt::format("{} tensors{}{}", checkpoint_.tensors.size(), names.empty() ? "" : ": ", names);
}

bool is_idle_bias(const TensorInfo& tensor, const Checkpoint& checkpoint) {
  constexpr std::string_view kBias = ".bias";
  if (checkpoint.made.tensors.empty() || !tensor.name.ends_with(kBias)) return false;
  const TensorInfo* layer = checkpoint.find(tensor.name.substr(0, tensor.name.size() - kBias.size()) + ".weight");
  if (layer == nullptr || layer->packed == nullptr) return false;
  ensure({tensor.data, tensor.bytes});
  return std::all_of(tensor.data, tensor.data + tensor.bytes, [](std::byte b) { return b == std::byte{0}; });
}

Result<std::vector<std::string>> check_unread(const Spec& spec, const Checkpoint& checkpoint, const TensorNames& names,
                                              const std::set<const TensorInfo*>& used) {
  const Reach reach(spec, names, used);
  const FurtherTokens further(checkpoint);
  Counted beside, predicting;
  std::vector<const TensorInfo*> rest;
  for (const TensorInfo& tensor : checkpoint.made.tensors) rest.push_back(&tensor);
  for (const TensorInfo& tensor : checkpoint.tensors) {
    if (!checkpoint.made.parts.contains(&tensor)) rest.push_back(&tensor);
  }
  for (const TensorInfo* each : rest) {
    const TensorInfo& tensor = *each;
    if (used.contains(&tensor) || is_buffer(tensor) || is_idle_bias(tensor, checkpoint)) continue;
    if (reach.holds(tensor)) {
      return Error{
          .what = fmt::format("tensor {} would change the forward pass, and family {} does not read it", tensor.name,
                              spec.family->name),
          .where = checkpoint.path.string(),
          .expected = fmt::format("the tensors of family {} alone", spec.family->name),
          .hint =
              is_scale(tensor.name)
                  ? "it belongs to quantised weights, stored in another way than the configuration says; measure the "
                    "original checkpoint or a GGUF of it"
                  : "the file holds a variant of the family that is not supported"};
    }
    (further.has(tensor) ? predicting : beside).add(tensor);
  }
  std::vector<std::string> notices;
  constexpr const char* kNoPart = "not part of the measured model and not read";
  if (beside.count > 0) notices.push_back(fmt::format("{} {}", beside.said(), kNoPart));
  if (predicting.count > 0) {
    notices.push_back(fmt::format("{} {}: multi-token prediction", predicting.said(), kNoPart));
  }
  return notices;
}

}  // namespace sg
