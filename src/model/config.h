// Config: what a checkpoint says about itself, from config.json or GGUF metadata, under one look-up. Every value has a
// kind, and is given only to whoever asks for that kind: a flag is no number, a whole number is a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "io/checkpoint.h"

namespace sg {

struct ConfigValue;
struct ConfigMember;
using ConfigList = std::vector<ConfigValue>;
using ConfigObject = std::vector<ConfigMember>;  // in the order of the file; of members of one name the last counts

/// null, flag, whole number, number, word, list, object.
struct ConfigValue : std::variant<std::monostate, bool, std::int64_t, double, std::string, ConfigList, ConfigObject> {
  using variant::variant;
  bool is_null() const { return std::holds_alternative<std::monostate>(*this); }
  /// The member of an object, or null: it is no object, or has none of this name.
  const ConfigValue* member(std::string_view name) const;
};
struct ConfigMember {
  std::string name;
  ConfigValue value;
  bool operator==(const ConfigMember&) const = default;
};

/// A value as an error message shows it: short, whatever stands in the file.
std::string show(const ConfigValue& value);

/// Reads JSON as Python's json module does: NaN, Infinity and whole numbers of any size are numbers. Errors: not
/// JSON, not an object, nested deeper than any configuration.
Result<ConfigValue> parse_config_json(std::string_view json, const std::string& where);

/// Immutable.
class Config {
 public:
  /// The text model's part of config.json: `text_config` or `llm_config` of a multimodal file, else the whole.
  static Result<Config> from_json(std::string_view json, std::string where);
  static Result<Config> from_gguf(const Checkpoint& checkpoint);

  /// config.json's model_type, or GGUF's general.architecture.
  const std::string& model_type() const { return model_type_; }
  Format format() const { return format_; }
  const std::string& where() const { return where_; }
  /// The text model's part of a multimodal file, which may leave out what its class has as default.
  bool nested() const { return nested_; }

  /// The value of the first of the '|'-separated keys that is there; absent: null pointer. In config.json a dot goes
  /// into an object; in a GGUF file the key is looked up under the architecture's prefix.
  const ConfigValue* find(std::string_view keys) const;
  /// Whether an object with members stands there.
  bool has_object(std::string_view key) const;
  /// Every member at the top: keys of config.json, or full keys of the GGUF file.
  const ConfigObject& members() const { return root_; }
  /// Everything, as one text that is the same for equal contents.
  std::string canonical() const;

  /// The value of that kind; nullopt when absent or null; an error that names key, kind and value when it is of another
  /// kind. A real may be written as a whole number, and is finite.
  Result<std::optional<std::size_t>> count(std::string_view keys) const;
  Result<std::optional<double>> real(std::string_view keys) const;
  Result<std::optional<bool>> flag(std::string_view keys) const;
  Result<std::optional<std::string>> word(std::string_view keys) const;
  Result<std::optional<std::vector<double>>> reals(std::string_view keys) const;
  Result<std::optional<std::vector<std::string>>> words(std::string_view keys) const;
  /// An error unless the value there is an object, null or absent.
  Result<void> check_object(std::string_view key) const;
  /// "KEY must be EXPECTED", with the value that stands at the first of the keys.
  Error wrong(std::string_view keys, std::string expected) const;

 private:
  ConfigObject root_;
  std::string model_type_;
  std::string where_;
  Format format_ = Format::kSafetensors;
  bool nested_ = false;
};

/// Larger than any published width, depth or vocabulary; products of two stay far from overflow.
inline constexpr double kLargestCount = 1e9;

/// `x` as a count: whole, finite, from 0 to kLargestCount. The one place where a real becomes a count.
std::optional<std::size_t> whole(double x);

}  // namespace sg
