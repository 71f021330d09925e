// Config: what a checkpoint says about itself, from config.json or GGUF metadata, under one look-up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "io/checkpoint.h"

namespace sg {

/// null, flag, number, word, or a flat list.
using ConfigValue =
    std::variant<std::monostate, bool, double, std::string, std::vector<double>, std::vector<std::string>>;

/// Immutable. Nested objects and lists are flattened: "rope_scaling.factor", "attention_types.0.0.1";
/// a flat list of numbers or words is also a value of its own.
class Config {
 public:
  /// The text model's part of config.json: `text_config` of a multimodal file, else the whole.
  static Result<Config> from_json(std::string_view json, std::string where);
  static Result<Config> from_gguf(const Checkpoint& checkpoint);

  /// config.json's model_type, or GGUF's general.architecture.
  const std::string& model_type() const { return model_type_; }
  Format format() const { return format_; }
  const std::string& where() const { return where_; }

  /// The value of the first of the '|'-separated keys that is there; absent: null pointer. In a GGUF file
  /// the key is looked up under the architecture's prefix.
  const ConfigValue* find(std::string_view keys) const;
  /// True when some key starts with prefix + ".".
  bool has_object(std::string_view prefix) const;
  /// Every flattened key.
  const std::map<std::string, ConfigValue, std::less<>>& values() const { return values_; }

  /// The number or flag (1 or 0) at `keys`; nullopt when absent or null; an error when it is something else.
  Result<std::optional<double>> number(std::string_view keys) const;
  Result<std::optional<std::string>> word(std::string_view keys) const;
  Result<std::vector<double>> numbers(std::string_view keys) const;

 private:
  std::map<std::string, ConfigValue, std::less<>> values_;
  std::string model_type_;
  std::string where_;
  Format format_ = Format::kSafetensors;
};

/// A value as an error message shows it.
std::string show(const ConfigValue& value);

}  // namespace sg
