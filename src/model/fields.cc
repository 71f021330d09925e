#include "model/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace sg {
namespace {

/// In what kind and range the message says the value should have been.
std::string describe(const FieldKind& kind) {
  switch (kind.kind) {
    case Kind::kCount: return fmt::format("a whole number from {:.0f} to {:.0f}", kind.least, kind.most);
    case Kind::kReal:
      if (kind.least == kind.most) return fmt::format("{:g}", kind.least);
      if (kind.least < 0) return "a number other than 0 that a float32 holds";
      return fmt::format("a number {} {:g}, {:g} at most", kind.zero_excluded ? "above" : "from", kind.least,
                         kind.most);
    case Kind::kFlag: return "true or false";
    case Kind::kAct: return "the name of an activation";
  }
  return "";
}

bool in_range(const FieldKind& kind, double x) {
  return x >= kind.least && x <= kind.most && !(kind.zero_excluded && x == 0);
}

Result<std::size_t> embed_rows(const Family& family, const Checkpoint& checkpoint, const std::string& where) {
  for (const TensorRow& row : family.tensors) {
    if (row.role != Role::kEmbed) continue;
    const TensorInfo* tensor = checkpoint.find(checkpoint.format == Format::kGguf ? row.gguf : row.hf);
    if (tensor != nullptr && tensor->shape.size() == 2) return tensor->shape[0];
  }
  return Error{.what = "the vocabulary's size is not stated and there is no embedding tensor to count", .where = where};
}

/// How many layers the lists of models with one branch per block name.
Result<std::size_t> listed_layers(const Config& config) {
  SG_TRY(const std::optional<std::vector<std::string>> kinds, config.words("layers_block_type|layer_types"));
  if (kinds && !kinds->empty()) return kinds->size();
  SG_TRY(const std::optional<std::string> pattern, config.word("hybrid_override_pattern"));
  if (pattern && !pattern->empty()) return pattern->size();
  return Error{.what = "layers_block_type is missing",
               .where = config.where(),
               .hint = "the configuration says of each layer what it is, by this list or by hybrid_override_pattern"};
}

bool flag_from_tensors(const Family& family, Field flag, const Checkpoint& checkpoint) {
  bool without = false;
  for (const TensorRow& row : family.tensors) {
    const std::size_t brace = row.gguf.find("{}");
    if (row.need != Need::kFlag || row.when != flag || brace == std::string_view::npos) continue;
    const std::string name = fmt::format("{}0{}", row.gguf.substr(0, brace), row.gguf.substr(brace + 2));
    if (checkpoint.find(name) != nullptr) return !row.when_not;
    without = row.when_not;
  }
  return without;
}

std::optional<double> number_in(const ConfigValue& value) {
  if (const auto* count = std::get_if<std::int64_t>(&value)) return static_cast<double>(*count);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

/// What llama.cpp reads layer by layer where a GGUF file lists it.
bool may_be_listed(Field field) {
  return field == Field::kHeads || field == Field::kKvHeads || field == Field::kFfnWidth;
}

constexpr std::string_view kExtraLayers = "nextn_predict_layers";

/// GGUF may give one value per layer; models whose layers differ in shape are not measured. Layers that predict further
/// tokens are counted with the others, and may differ.
Result<ConfigValue> one_for_all_layers(const ConfigValue& value, std::string_view keys, const Config& config) {
  const auto* list = std::get_if<ConfigList>(&value);
  if (list == nullptr || config.format() != Format::kGguf) return value;
  SG_TRY(const std::optional<std::size_t> layers, config.count("block_count"));
  if (list->empty() || list->size() != layers)
    return config.wrong(keys, fmt::format("a number, or one for each of {} layers", layers.value_or(0)));
  SG_TRY(const std::optional<std::size_t> extra, config.count(kExtraLayers));
  const ConfigList own(list->begin(),
                       list->end() - static_cast<std::ptrdiff_t>(std::min(extra.value_or(0), *layers - 1)));
  // 0: the layer has none of it, its mixer being another.
  const auto stated = std::ranges::find_if(own, [](const ConfigValue& item) { return number_in(item) != 0.0; });
  const ConfigValue& first = stated == own.end() ? own.front() : *stated;
  for (const ConfigValue& item : own) {
    if (item != first && number_in(item) != 0.0) {
      return Error{.what = fmt::format("{} differs between layers", keys),
                   .where = config.where(),
                   .hint = "models whose layers differ in shape are not supported"};
    }
  }
  return first;
}

/// Of a list that is read layer by layer elsewhere.
Result<ConfigValue> first_of(const ConfigValue& value, std::string_view keys, const Config& config) {
  const auto& list = std::get<ConfigList>(value);
  if (list.empty()) return config.wrong(keys, "a number per layer");
  return list.front();
}

/// Several names of one count (n_head, num_attention_heads) say the same: which would hold is the reader's order, and
/// the reference takes the last of the file.
Result<void> check_other_names(std::string_view keys, const ConfigValue& stated, const Config& config) {
  for (std::string_view rest = keys; !rest.empty();) {
    const std::size_t bar = rest.find('|');
    const std::string_view key = rest.substr(0, bar);
    rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
    const ConfigValue* other = config.find(key);
    if (other == nullptr || other->is_null() || *other == stated) continue;
    if (number_in(*other) && number_in(*other) == number_in(stated)) continue;
    return Error{.what = fmt::format("{} contradicts another key of the same meaning", key),
                 .where = config.where(),
                 .expected = fmt::format("{} in all of {}", show(stated), keys),
                 .got = show(*other)};
  }
  return {};
}

/// llama.cpp's converters write some reals under two names; both are ones, and the first holds.
Result<void> check_other_reals(std::string_view keys, const FieldKind& kind, const Config& config) {
  for (std::size_t bar = keys.find('|'); bar != std::string_view::npos; bar = keys.find('|')) {
    keys.remove_prefix(bar + 1);
    const std::string_view key = keys.substr(0, keys.find('|'));
    SG_TRY(const std::optional<double> other, config.real(key));
    if (other && !in_range(kind, *other) && !(kind.gguf_zero_is_off && *other == 0)) {
      return config.wrong(key, describe(kind));
    }
  }
  return {};
}

}  // namespace

std::size_t Fields::count(Field field) const {
  SG_CHECK(std::holds_alternative<std::size_t>(values_[index(field)]), "a field that is no count");
  return std::get<std::size_t>(values_[index(field)]);
}

double Fields::real(Field field, double otherwise) const {
  if (!has(field)) return otherwise;
  SG_CHECK(std::holds_alternative<double>(values_[index(field)]), "a field that is no real");
  return std::get<double>(values_[index(field)]);
}

bool Fields::flag(Field field, bool otherwise) const {
  if (!has(field)) return otherwise;
  SG_CHECK(std::holds_alternative<bool>(values_[index(field)]), "a field that is no flag");
  return std::get<bool>(values_[index(field)]);
}

Act Fields::act() const {
  SG_CHECK(std::holds_alternative<Act>(values_[index(Field::kAct)]), "every family has an activation");
  return std::get<Act>(values_[index(Field::kAct)]);
}

void Fields::set(Field field, double constant) {
  Value& value = values_[index(field)];
  switch (kind_of(field).kind) {
    case Kind::kCount: {
      const std::optional<std::size_t> count = whole(constant);
      SG_CHECK(count.has_value(), "a table's count is whole");
      value = *count;
      return;
    }
    case Kind::kReal: value = constant; return;
    case Kind::kFlag: value = constant != 0; return;
    case Kind::kAct: value = static_cast<Act>(static_cast<int>(constant)); return;
  }
}

Result<void> Fields::read_row(const ConfigRow& row, const Family& family, const Config& config,
                              const Checkpoint& checkpoint) {
  const bool gguf = config.format() == Format::kGguf;
  const std::string_view keys = gguf ? row.gguf : row.hf;
  const ConfigValue* stated = keys.empty() ? nullptr : config.find(keys);
  // A list of windowed layers is read where windows are resolved, and decides alone; the repeating pattern is a number
  // where it is read ("LLLG" stands beside the list of EXAONE 4).
  const bool is_list = stated != nullptr && std::holds_alternative<ConfigList>(*stated);
  const bool layers_listed = gguf ? is_list : config.find("layer_types") != nullptr;
  if (row.field == Field::kWindowPattern && layers_listed) stated = nullptr;
  if (stated == nullptr || stated->is_null()) return fall_back(row, stated != nullptr, family, config, checkpoint);

  const FieldKind kind = kind_of(row.field);
  if (kind.kind == Kind::kCount) SG_TRY_VOID(check_other_names(keys, *stated, config));
  if (kind.kind == Kind::kReal && gguf) SG_TRY_VOID(check_other_reals(keys, kind, config));
  const bool each_its_own = is_list && gguf && family.attention.layers_differ &&
                            (row.field == Field::kKvHeads || row.field == Field::kFfnWidth);
  if (is_list && gguf && !may_be_listed(row.field)) return config.wrong(keys, describe(kind));
  SG_TRY(const ConfigValue value,
         each_its_own ? first_of(*stated, keys, config) : one_for_all_layers(*stated, keys, config));
  // No layer has any of it.
  if (is_list && gguf && kind.kind == Kind::kCount && number_in(value) == 0.0) {
    return fall_back(row, false, family, config, checkpoint);
  }
  const Error wrong = config.wrong(keys, describe(kind));
  const double x = number_in(value).value_or(std::nan(""));
  switch (kind.kind) {
    case Kind::kCount:
      if (!std::holds_alternative<std::int64_t>(value)) return wrong;
      break;
    case Kind::kReal:
      if (!number_in(value)) return wrong;
      break;
    case Kind::kFlag:
      if (!std::holds_alternative<bool>(value)) return wrong;
      set_flag(row.field, std::get<bool>(value));
      return {};
    case Kind::kAct: {
      if (!std::holds_alternative<std::string>(value)) return wrong;
      const std::string where = fmt::format("{}: {}", config.where(), keys);
      SG_TRY(values_[index(row.field)], parse_act(std::get<std::string>(value), where));
      return {};
    }
  }
  const bool off = x == 0 && (gguf ? kind.gguf_zero_is_off : row.zero_is_off);
  if (!off && !in_range(kind, x)) return wrong;
  set(row.field, x);
  return {};
}

Result<void> Fields::fall_back(const ConfigRow& row, bool is_null, const Family& family, const Config& config,
                               const Checkpoint& checkpoint) {
  const bool gguf = config.format() == Format::kGguf;
  const std::string_view keys = gguf ? row.gguf : row.hf;
  for (const auto& [field, size] : family.class_defaults) {
    if (!config.nested() || field != row.field) continue;
    set_count(field, size);
    return {};
  }
  const bool gguf_rule = gguf && row.gguf_absent.from != From::kAsHf;
  const bool null_rule = is_null && row.null.from != From::kRequired;
  const Fallback& fallback = null_rule ? row.null : gguf_rule ? row.gguf_absent : row.absent;
  switch (fallback.from) {
    case From::kRequired:
      return Error{
          .what = fmt::format("{} {}", keys.empty() ? "a required value" : keys, is_null ? "is null" : "is missing"),
          .where = config.where(),
          .hint = fmt::format("a checkpoint of family {} states it", family.name)};
    case From::kValue: set(row.field, fallback.value); return {};
    case From::kField: values_[index(row.field)] = values_[index(fallback.other)]; return {};
    case From::kWidthOverHeads: {
      const std::size_t heads = count(Field::kHeads), width = count(Field::kWidth);
      if (width % heads != 0) {
        return Error{.what = "the width is not a multiple of the number of heads and no head size is given",
                     .where = config.where(),
                     .got = fmt::format("{} and {}", width, heads)};
      }
      set_count(row.field, width / heads);
      return {};
    }
    case From::kRotaryShare: {
      const double share = static_cast<double>(count(Field::kHeadDim)) * real(Field::kRotaryPct, 1);
      set_count(row.field, whole(std::floor(share)).value_or(0));
      return {};
    }
    case From::kFourWidths: set_count(row.field, 4 * count(Field::kWidth)); return {};
    case From::kPresent: set_flag(row.field, flag_from_tensors(family, row.field, checkpoint)); return {};
    case From::kRule: set(row.field, fallback.rule(*this)); return {};
    case From::kAsHf: SG_CHECK(false, "kAsHf stands only in gguf_absent"); return {};
    case From::kLayerList: {
      SG_TRY(const std::size_t entries, listed_layers(config));
      set_count(row.field, entries);
      return {};
    }
    case From::kEmbedRows: {
      SG_TRY(const std::size_t rows, embed_rows(family, checkpoint, config.where()));
      set_count(row.field, rows);
      return {};
    }
  }
  return {};
}

/// llama.cpp's files of any family count layers that predict further tokens among the blocks, at their end.
Result<void> Fields::leave_extra_layers(const Config& config) {
  SG_TRY(const std::optional<std::size_t> extra, config.count(kExtraLayers));
  const std::size_t layers = count(Field::kLayers);
  if (extra.value_or(0) >= layers) return config.wrong(kExtraLayers, fmt::format("fewer than all {} blocks", layers));
  set_count(Field::kLayers, layers - extra.value_or(0));
  return {};
}

Result<Fields> Fields::read(const Family& family, const Config& config, const Checkpoint& checkpoint) {
  Fields fields;
  for (const ConfigRow& row : family.config) {
    SG_TRY_VOID(fields.read_row(row, family, config, checkpoint));
  }
  if (config.format() == Format::kGguf) SG_TRY_VOID(fields.leave_extra_layers(config));
  if (family.rules != nullptr) family.rules(fields);
  if (family.variant != nullptr) SG_TRY_VOID(family.variant(config, fields));
  return fields;
}

bool lists(std::string_view alternatives, std::string_view word) {
  while (!alternatives.empty()) {
    const std::size_t bar = alternatives.find('|');
    if (alternatives.substr(0, bar) == word) return true;
    alternatives = bar == std::string_view::npos ? std::string_view{} : alternatives.substr(bar + 1);
  }
  return false;
}

}  // namespace sg
