// Settings: an object of quantization_config. A value is given only to whoever asks for its kind; null is absent, and a
// value of another kind is an error that names the key, the kind and the value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/forms/quantization.h"

namespace sg {

class Settings {
 public:
  Settings(const ConfigValue& object, std::string where, std::string path)
      : object_(object), where_(std::move(where)), path_(std::move(path)) {}

  const std::string& where() const { return where_; }
  /// Null: absent, or null in the file.
  const ConfigValue* find(std::string_view key) const {
    const ConfigValue* value = object_.member(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  /// Whether the key is there, be its value null.
  bool names(std::string_view key) const { return object_.member(key) != nullptr; }
  /// Empty when absent.
  Result<std::string> word(std::string_view key) const;
  /// The same in lower-case letters.
  Result<std::string> lower_word(std::string_view key) const;
  Result<std::vector<std::string>> words(std::string_view key) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key) const;
  Result<bool> flag(std::string_view key, bool absent) const;
  /// An object; null when absent.
  Result<const ConfigValue*> object(std::string_view key) const;
  /// [rows, columns] of a block, or "ROWSxCOLUMNS"; zeros when absent.
  Result<std::array<std::size_t, 2>> block(std::string_view key) const;
  /// "group_size": -1 or absent is 0, no groups.
  Result<std::size_t> group_size() const;
  /// An error when a setting says anything: it changes the numbers and is not read. Nulls, false, and empty lists and
  /// objects say nothing.
  Result<void> refuse(std::string_view key, std::string_view why) const;

  Error wrong(std::string_view key, std::string expected) const;

 private:
  const ConfigValue& object_;
  std::string where_, path_;
};

/// Reads `dynamic` and `extra_config`: what single layers have otherwise. Errors: a setting in them that is not read.
Result<void> read_overrides(const Settings& s, Quantization& q);

/// compressed-tensors' groups and what says to which of them a layer belongs.
Result<Quantization> read_compressed(const Settings& s, Quantization q);

}  // namespace sg
