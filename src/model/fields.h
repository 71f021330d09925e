// Fields: what a configuration says, one value per Field, each of its kind and within its range, after a family's
// ConfigRows and their fallbacks.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/config.h"
#include "model/family.h"

namespace sg {

enum class Kind : std::uint8_t { kCount, kReal, kFlag, kAct };

/// What a field holds and where it may lie.
struct FieldKind {
  Kind kind = Kind::kFlag;
  double least = 0, most = 0;     // of counts and reals, both included
  bool zero_excluded = false;     // a real may come as near to 0 as it likes
  bool gguf_zero_is_off = false;  // llama.cpp reads 0 as "none"; transformers as a value
};
FieldKind kind_of(Field field);

/// A field the family has no row for is absent: has() is false, and a getter gives its neutral `otherwise`.
class Fields {
 public:
  bool has(Field field) const { return values_[index(field)].index() != 0; }
  /// The field must be there.
  std::size_t count(Field field) const;
  std::size_t count(Field field, std::size_t otherwise) const { return has(field) ? count(field) : otherwise; }
  double real(Field field, double otherwise) const;
  bool flag(Field field, bool otherwise = false) const;
  Act act() const;

  void set_count(Field field, std::size_t value) { values_[index(field)] = value; }
  void set_flag(Field field, bool value) { values_[index(field)] = value; }
  void set_act(Act act) { values_[index(Field::kAct)] = act; }

  /// Reads every row in order, so a fallback may use an earlier field; then the family's own rules.
  static Result<Fields> read(const Family& family, const Config& config, const Checkpoint& checkpoint);

 private:
  using Value = std::variant<std::monostate, std::size_t, double, bool, Act>;
  static std::size_t index(Field field) { return static_cast<std::size_t>(field); }
  /// The constant of a table as a value of the field's kind.
  void set(Field field, double constant);
  Result<void> read_row(const ConfigRow& row, const Family& family, const Config& config, const Checkpoint& checkpoint);
  Result<void> leave_extra_layers(const Config& config);
  Result<void> fall_back(const ConfigRow& row, bool is_null, const Family& family, const Config& config,
                         const Checkpoint& checkpoint);

  std::array<Value, static_cast<std::size_t>(Field::kCount)> values_{};
};

/// Whether `word` is one of `alternatives`, which '|' separates.
bool lists(std::string_view alternatives, std::string_view word);

/// The activation of that name ("silu", "gelu_pytorch_tanh", ...), or an error listing the known ones.
Result<Act> parse_act(std::string_view word, const std::string& where);

}  // namespace sg
