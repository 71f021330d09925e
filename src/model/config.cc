#include "model/config.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>

namespace sg {
namespace {

using Values = std::map<std::string, ConfigValue, std::less<>>;

// Deeper nesting than any configuration has; keeps the recursion bounded on hostile files.
constexpr int kMaxDepth = 16;
// Longer arrays (GGUF vocabularies) are not configuration.
constexpr std::size_t kMaxList = 65536;

ConfigValue list_value(const simdjson::dom::array& array) {
  std::vector<double> numbers;
  std::vector<std::string> words;
  for (const simdjson::dom::element item : array) {
    double number = 0;
    std::string_view word;
    if (item.get(number) == simdjson::SUCCESS) numbers.push_back(number);
    if (item.get(word) == simdjson::SUCCESS) words.emplace_back(word);
  }
  if (numbers.size() == array.size()) return numbers;
  if (words.size() == array.size()) return words;
  return std::monostate{};
}

Result<void> flatten(const simdjson::dom::element& element, const std::string& key, int depth, Values& values) {
  if (depth > kMaxDepth) return Error{.what = "nested deeper than " + std::to_string(kMaxDepth), .where = key};
  switch (element.type()) {
    case simdjson::dom::element_type::OBJECT: {
      const std::string prefix = key.empty() ? "" : key + ".";
      for (const auto& [name, value] : simdjson::dom::object(element)) {
        SG_TRY_VOID(flatten(value, prefix + std::string(name), depth + 1, values));
      }
      return {};
    }
    case simdjson::dom::element_type::ARRAY: {
      const simdjson::dom::array array(element);
      values[key] = list_value(array);
      std::size_t i = 0;
      for (const simdjson::dom::element item : array) {
        if (i == kMaxList) break;
        SG_TRY_VOID(flatten(item, key + "." + std::to_string(i++), depth + 1, values));
      }
      return {};
    }
    case simdjson::dom::element_type::INT64: values[key] = static_cast<double>(std::int64_t(element)); return {};
    case simdjson::dom::element_type::UINT64: values[key] = static_cast<double>(std::uint64_t(element)); return {};
    case simdjson::dom::element_type::DOUBLE: values[key] = double(element); return {};
    case simdjson::dom::element_type::STRING: values[key] = std::string(std::string_view(element)); return {};
    case simdjson::dom::element_type::BOOL: values[key] = bool(element); return {};
    case simdjson::dom::element_type::NULL_VALUE: values[key] = std::monostate{}; return {};
  }
  return {};
}

ConfigValue from_meta(const MetaValue& meta) {
  struct Convert {
    ConfigValue operator()(bool v) const { return v; }
    ConfigValue operator()(std::int64_t v) const { return static_cast<double>(v); }
    ConfigValue operator()(std::uint64_t v) const { return static_cast<double>(v); }
    ConfigValue operator()(double v) const { return v; }
    ConfigValue operator()(std::string_view v) const { return std::string(v); }
    ConfigValue operator()(const std::vector<std::int64_t>& v) const { return std::vector<double>(v.begin(), v.end()); }
    ConfigValue operator()(const std::vector<double>& v) const { return v; }
    ConfigValue operator()(const std::vector<std::string_view>& v) const {
      return std::vector<std::string>(v.begin(), v.end());
    }
  };
  return std::visit(Convert{}, meta);
}

// A multimodal config.json keeps the language model under text_config; its keys then stand alone.
void keep_text_config(Values& values) {
  const std::string_view prefix = "text_config.";
  Values text;
  for (auto& [key, value] : values) {
    if (key.starts_with(prefix)) text[key.substr(prefix.size())] = std::move(value);
  }
  if (text.empty()) return;
  for (const char* shared : {"tie_word_embeddings", "torch_dtype", "dtype"}) {
    const auto outer = values.find(shared);
    if (outer != values.end()) text.emplace(shared, outer->second);
  }
  for (auto& [key, value] : values) {
    if (key.starts_with("quantization_config")) text.emplace(key, std::move(value));
  }
  if (!text.contains("model_type")) {
    const auto outer = values.find("model_type");
    if (outer != values.end()) text["model_type"] = outer->second;
  }
  values = std::move(text);
}

}  // namespace

Result<Config> Config::from_json(std::string_view json, std::string where) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded(json);
  if (const auto error = parser.parse(padded).get(root); error != simdjson::SUCCESS) {
    return Error{.what = fmt::format("not valid JSON: {}", simdjson::error_message(error)), .where = std::move(where)};
  }
  if (!root.is_object()) return Error{.what = "not a JSON object", .where = std::move(where)};
  Config config;
  config.format_ = Format::kSafetensors;
  config.where_ = std::move(where);
  SG_TRY_VOID(flatten(root, "", 0, config.values_));
  keep_text_config(config.values_);
  SG_TRY(const std::optional<std::string> type, config.word("model_type"));
  if (!type) {
    return Error{.what = "no model_type",
                 .where = config.where_,
                 .expected = "the name of the architecture, such as \"llama\"",
                 .hint = "a config.json of transformers 4 or 5 has one"};
  }
  config.model_type_ = *type;
  return config;
}

Result<Config> Config::from_gguf(const Checkpoint& checkpoint) {
  Config config;
  config.format_ = Format::kGguf;
  config.where_ = checkpoint.path.string();
  const auto* arch = checkpoint.meta<std::string_view>("general.architecture");
  if (arch == nullptr) {
    return Error{.what = "no general.architecture", .where = config.where_, .hint = "the GGUF file is incomplete"};
  }
  config.model_type_ = *arch;
  for (const auto& [key, value] : checkpoint.metadata) {
    if (key.starts_with("tokenizer.")) continue;
    config.values_[key] = from_meta(value);
  }
  return config;
}

const ConfigValue* Config::find(std::string_view keys) const {
  while (!keys.empty()) {
    const std::size_t bar = keys.find('|');
    const std::string_view key = keys.substr(0, bar);
    const auto found =
        format_ == Format::kGguf ? values_.find(fmt::format("{}.{}", model_type_, key)) : values_.find(key);
    if (found != values_.end()) return &found->second;
    keys = bar == std::string_view::npos ? std::string_view{} : keys.substr(bar + 1);
  }
  return nullptr;
}

bool Config::has_object(std::string_view prefix) const {
  const std::string start = std::string(prefix) + ".";
  const auto next = values_.lower_bound(start);
  return next != values_.end() && next->first.starts_with(start);
}

Result<std::optional<double>> Config::number(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || std::holds_alternative<std::monostate>(*value)) return std::optional<double>{};
  if (const bool* flag = std::get_if<bool>(value)) return std::optional<double>{*flag ? 1.0 : 0.0};
  if (const double* number = std::get_if<double>(value); number != nullptr && std::isfinite(*number)) {
    return std::optional<double>{*number};
  }
  return Error{.what = fmt::format("{} is not a finite number", keys), .where = where_, .got = show(*value)};
}

Result<std::optional<std::string>> Config::word(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || std::holds_alternative<std::monostate>(*value)) return std::optional<std::string>{};
  if (const std::string* word = std::get_if<std::string>(value)) return std::optional<std::string>{*word};
  return Error{.what = fmt::format("{} is not a string", keys), .where = where_, .got = show(*value)};
}

Result<std::vector<double>> Config::numbers(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value != nullptr) {
    if (const auto* list = std::get_if<std::vector<double>>(value)) return *list;
  }
  return Error{.what = fmt::format("{} is not a list of numbers", keys),
               .where = where_,
               .got = value == nullptr ? "nothing" : show(*value)};
}

std::string show(const ConfigValue& value) {
  struct Show {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const std::string& v) const { return "\"" + v + "\""; }
    std::string operator()(const std::vector<double>& v) const { return fmt::format("a list of {} numbers", v.size()); }
    std::string operator()(const std::vector<std::string>& v) const {
      return fmt::format("a list of {} strings", v.size());
    }
  };
  return std::visit(Show{}, value);
}

}  // namespace sg
