#include "model/fields.h"

#include <fmt/format.h>

#include <cmath>

namespace sg {
namespace {

struct ActName {
  std::string_view name;
  Act act;
};
constexpr ActName kActNames[] = {
    {"silu", Act::kSilu},           {"swish", Act::kSilu},           {"gelu", Act::kGeluErf},
    {"gelu_python", Act::kGeluErf}, {"gelu_new", Act::kGeluTanh},    {"gelu_pytorch_tanh", Act::kGeluTanh},
    {"gelu_fast", Act::kGeluTanh},  {"quick_gelu", Act::kGeluQuick}, {"relu", Act::kRelu},
    {"relu2", Act::kRelu2},         {"xielu", Act::kXielu},
};

std::string key_of(const Family& family, Field field, Format format) {
  for (const ConfigRow& row : family.config) {
    if (row.field == field) return std::string(format == Format::kGguf ? row.gguf : row.hf);
  }
  return "a derived field";
}

Result<double> embed_rows(const Family& family, const Checkpoint& checkpoint, const std::string& where) {
  for (const TensorRow& row : family.tensors) {
    if (row.role != Role::kEmbed) continue;
    const TensorInfo* tensor = checkpoint.find(checkpoint.format == Format::kGguf ? row.gguf : row.hf);
    if (tensor != nullptr && tensor->shape.size() == 2) return static_cast<double>(tensor->shape[0]);
  }
  return Error{.what = "the vocabulary's size is not stated and there is no embedding tensor to count", .where = where};
}

bool governed_tensor_present(const Family& family, Field flag, const Checkpoint& checkpoint) {
  for (const TensorRow& row : family.tensors) {
    const std::size_t brace = row.gguf.find("{}");
    if (row.need != Need::kFlag || row.when != flag || brace == std::string_view::npos) continue;
    const std::string name = fmt::format("{}0{}", row.gguf.substr(0, brace), row.gguf.substr(brace + 2));
    if (checkpoint.find(name) != nullptr) return true;
  }
  return false;
}

}  // namespace

Result<Act> parse_act(std::string_view word, const std::string& where) {
  std::string known;
  for (const ActName& row : kActNames) {
    if (word == row.name) return row.act;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
  }
  return Error{
      .what = "unknown activation", .where = where, .expected = "one of " + known, .got = fmt::format("\"{}\"", word)};
}

void Fields::set(Field field, double value) {
  values_[index(field)] = value;
  present_[index(field)] = true;
}

Result<std::size_t> Fields::count(Field field, std::size_t least) const {
  const double value = get(field, std::nan(""));
  if (value >= static_cast<double>(least) && value <= kLargestCount && value == std::floor(value)) {
    return static_cast<std::size_t>(value);
  }
  return Error{.what = fmt::format("{} is not a usable count", key_of(*family_, field, config_->format())),
               .where = config_->where(),
               .expected = fmt::format("a whole number from {} to {:.0f}", least, kLargestCount),
               .got = has(field) ? fmt::format("{}", value) : "nothing"};
}

Result<Fields> Fields::read(const Family& family, const Config& config, const Checkpoint& checkpoint) {
  Fields fields;
  fields.family_ = &family;
  fields.config_ = &config;
  const bool gguf = config.format() == Format::kGguf;
  for (const ConfigRow& row : family.config) {
    const std::string_view keys = gguf ? row.gguf : row.hf;
    const ConfigValue* value = keys.empty() ? nullptr : config.find(keys);
    // A list of windowed layers is read where windows are resolved; the repeating pattern is a number.
    const bool is_list = value != nullptr && std::holds_alternative<std::vector<double>>(*value);
    if (row.field == Field::kWindowPattern && is_list) value = nullptr;
    if (value != nullptr && std::holds_alternative<std::string>(*value)) {
      SG_TRY(const Act act, parse_act(std::get<std::string>(*value), fmt::format("{}: {}", config.where(), keys)));
      fields.set(row.field, static_cast<double>(act));
      continue;
    }
    const bool is_null = value != nullptr && std::holds_alternative<std::monostate>(*value);
    if (value != nullptr && !is_null) {
      if (const auto* list = std::get_if<std::vector<double>>(value); list != nullptr && !list->empty()) {
        // GGUF may give one value per layer; models whose layers differ in shape are not measured.
        for (const double item : *list) {
          if (item != list->front()) {
            return Error{.what = fmt::format("{} differs between layers", keys),
                         .where = config.where(),
                         .hint = "models whose layers differ in shape are not supported"};
          }
        }
        fields.set(row.field, list->front());
        continue;
      }
      SG_TRY(const std::optional<double> number, config.number(keys));
      fields.set(row.field, *number);
      continue;
    }
    const bool gguf_rule = gguf && row.gguf_absent.from != From::kAsHf;
    const Fallback& fallback = is_null ? row.null : gguf_rule ? row.gguf_absent : row.absent;
    switch (fallback.from) {
      case From::kRequired:
        return Error{
            .what = fmt::format("{} {}", keys.empty() ? "a required value" : keys, is_null ? "is null" : "is missing"),
            .where = config.where(),
            .hint = fmt::format("a checkpoint of family {} states it", family.name)};
      case From::kValue: fields.set(row.field, fallback.value); break;
      case From::kField:
        if (fields.has(fallback.other)) fields.set(row.field, fields.get(fallback.other));
        break;
      case From::kWidthOverHeads: {
        SG_TRY(const std::size_t heads, fields.count(Field::kHeads));
        SG_TRY(const std::size_t width, fields.count(Field::kWidth));
        if (width % heads != 0) {
          return Error{.what = "the width is not a multiple of the number of heads and no head size is given",
                       .where = config.where(),
                       .got = fmt::format("{} and {}", width, heads)};
        }
        fields.set(row.field, static_cast<double>(width / heads));
        break;
      }
      case From::kFourWidths: fields.set(row.field, 4 * fields.get(Field::kWidth)); break;
      case From::kPresent: fields.set(row.field, governed_tensor_present(family, row.field, checkpoint) ? 1 : 0); break;
      case From::kGemmaScalar: {
        const double layers = fields.get(Field::kLayers);
        const bool largest = layers == 46 || layers == 62;
        fields.set(row.field,
                   largest ? fields.get(Field::kWidth) / fields.get(Field::kHeads) : fields.get(Field::kHeadDim));
        break;
      }
      case From::kAsHf: SG_CHECK(false, "kAsHf stands only in gguf_absent"); break;
      case From::kEmbedRows: {
        SG_TRY(const double rows, embed_rows(family, checkpoint, config.where()));
        fields.set(row.field, rows);
        break;
      }
    }
  }
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
