#include "model/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace sg {
namespace {

template <class Number>
ConfigList list_of(const std::vector<Number>& numbers) {
  return ConfigList(numbers.begin(), numbers.end());
}

ConfigValue from_meta(const MetaValue& meta) {
  struct Convert {
    ConfigValue operator()(bool v) const { return v; }
    ConfigValue operator()(std::int64_t v) const { return v; }
    ConfigValue operator()(std::uint64_t v) const {
      return std::in_range<std::int64_t>(v) ? ConfigValue(static_cast<std::int64_t>(v))
                                            : ConfigValue(static_cast<double>(v));
    }
    ConfigValue operator()(double v) const { return v; }
    ConfigValue operator()(std::string_view v) const { return std::string(v); }
    ConfigValue operator()(const std::vector<std::int64_t>& v) const { return list_of(v); }
    ConfigValue operator()(const std::vector<double>& v) const { return list_of(v); }
    ConfigValue operator()(const MetaBytes&) const { return std::string("a table of bytes"); }
    ConfigValue operator()(const std::vector<std::string_view>& v) const {
      ConfigList list;
      for (const std::string_view word : v) list.emplace_back(std::string(word));
      return list;
    }
  };
  return std::visit(Convert{}, meta);
}

void remove_member(ConfigObject& object, std::string_view name) {
  std::erase_if(object, [&](const ConfigMember& member) { return member.name == name; });
}

/// A multimodal config.json keeps the language model in an object of its own, whose keys then stand alone; what holds
/// for both parts stands outside. Whether it does; an error when something else stands in the object's place.
Result<bool> keep_text_part(ConfigValue& root, const std::string& where) {
  for (const std::string_view name : {"text_config", "llm_config"}) {
    const ConfigValue* part = root.member(name);
    if (part == nullptr || part->is_null()) continue;
    if (!std::holds_alternative<ConfigObject>(*part)) {
      return Error{.what = fmt::format("{} has no usable value", name),
                   .where = where,
                   .expected = "an object or null",
                   .got = show(*part)};
    }
    if (std::get<ConfigObject>(*part).empty()) continue;
    ConfigValue text = *part;
    auto& members = std::get<ConfigObject>(text);
    for (const std::string_view shared :
         {"tie_word_embeddings", "torch_dtype", "dtype", "quantization_config", "compression_config", "model_type"}) {
      const ConfigValue* outer = root.member(shared);
      if (outer != nullptr && text.member(shared) == nullptr) members.push_back({std::string(shared), *outer});
    }
    root = std::move(text);
    return true;
  }
  return false;
}

/// transformers 5 puts the older rope_scaling, unless it is empty, in the place of rope_parameters. Of rotations by
/// kinds of layers both are kept (model/rope_source.h).
void keep_one_rope_dictionary(ConfigValue& root) {
  const ConfigValue *older = root.member("rope_scaling"), *newer = root.member("rope_parameters");
  const auto* object = older == nullptr ? nullptr : std::get_if<ConfigObject>(older);
  const bool both = object != nullptr && !object->empty() && newer != nullptr;
  if (!both || !std::holds_alternative<ConfigObject>(*newer)) return;
  const bool by_kind = newer->member("full_attention") != nullptr || newer->member("sliding_attention") != nullptr;
  if (!by_kind) remove_member(std::get<ConfigObject>(root), "rope_parameters");
}

void canonical_text(const ConfigValue& value, std::string& out) {
  if (const auto* list = std::get_if<ConfigList>(&value)) {
    out += fmt::format("list {} ", list->size());
    for (const ConfigValue& item : *list) canonical_text(item, out);
  } else if (const auto* object = std::get_if<ConfigObject>(&value)) {
    std::vector<const ConfigMember*> sorted;
    for (const ConfigMember& member : *object) sorted.push_back(&member);
    std::ranges::stable_sort(sorted, {}, &ConfigMember::name);
    out += fmt::format("object {} ", sorted.size());
    for (const ConfigMember* member : sorted) {
      out += fmt::format("{} {} ", member->name.size(), member->name);
      canonical_text(member->value, out);
    }
  } else if (const auto* word = std::get_if<std::string>(&value)) {
    out += fmt::format("word {} {} ", word->size(), *word);
  } else {
    out += fmt::format("{} ", show(value));
  }
}

/// A number as a real; nullopt for everything else and for what is not finite.
std::optional<double> finite(const ConfigValue& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return static_cast<double>(*n);
  if (const auto* x = std::get_if<double>(&value); x != nullptr && std::isfinite(*x)) return *x;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> whole(double x) {
  if (!(x >= 0 && x <= kLargestCount) || x != std::floor(x)) return std::nullopt;
  return static_cast<std::size_t>(x);
}

Result<Config> Config::from_json(std::string_view json, std::string where) {
  Config config;
  config.where_ = std::move(where);
  SG_TRY(ConfigValue root, parse_config_json(json, config.where_));
  SG_TRY(config.nested_, keep_text_part(root, config.where_));
  keep_one_rope_dictionary(root);
  config.root_ = std::move(std::get<ConfigObject>(root));
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
    if (!key.starts_with("tokenizer.")) config.root_.push_back({key, from_meta(value)});
  }
  return config;
}

const ConfigValue* Config::find(std::string_view keys) const {
  const auto member = [](const ConfigObject& object, std::string_view name) -> const ConfigValue* {
    const auto found = std::find_if(object.rbegin(), object.rend(), [&](const auto& m) { return m.name == name; });
    return found == object.rend() ? nullptr : &found->value;
  };
  while (!keys.empty()) {
    const std::size_t bar = keys.find('|');
    std::string_view key = keys.substr(0, bar);
    keys = bar == std::string_view::npos ? std::string_view{} : keys.substr(bar + 1);
    if (format_ == Format::kGguf) {
      if (const ConfigValue* value = member(root_, fmt::format("{}.{}", model_type_, key))) return value;
      continue;
    }
    std::size_t dot = key.find('.');
    const ConfigValue* value = member(root_, key.substr(0, dot));
    while (value != nullptr && dot != std::string_view::npos) {
      key.remove_prefix(dot + 1);
      dot = key.find('.');
      value = value->member(key.substr(0, dot));
    }
    if (value != nullptr) return value;
  }
  return nullptr;
}

bool Config::has_object(std::string_view key) const {
  const ConfigValue* value = find(key);
  const auto* object = value == nullptr ? nullptr : std::get_if<ConfigObject>(value);
  return object != nullptr && !object->empty();
}

std::string Config::canonical() const {
  std::string out;
  canonical_text(ConfigValue(root_), out);
  return out;
}

Error Config::wrong(std::string_view keys, std::string expected) const {
  std::string_view key = keys;
  while (key.find('|') != std::string_view::npos && find(key.substr(0, key.find('|'))) == nullptr) {
    key.remove_prefix(key.find('|') + 1);
  }
  key = key.substr(0, key.find('|'));
  const ConfigValue* value = find(key);
  const std::string prefix = format_ == Format::kGguf ? model_type_ + "." : "";
  return {.what = fmt::format("{}{} has no usable value", prefix, key),
          .where = where_,
          .expected = std::move(expected),
          .got = value == nullptr ? "nothing" : show(*value)};
}

Result<std::optional<std::size_t>> Config::count(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || value->is_null()) return std::optional<std::size_t>{};
  if (const auto* n = std::get_if<std::int64_t>(value)) {
    if (const std::optional<std::size_t> count = whole(static_cast<double>(*n))) return count;
  }
  return wrong(keys, fmt::format("a whole number from 0 to {:.0f}", kLargestCount));
}

Result<std::optional<double>> Config::real(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || value->is_null()) return std::optional<double>{};
  if (const std::optional<double> x = finite(*value)) return x;
  return wrong(keys, "a finite number");
}

Result<std::optional<bool>> Config::flag(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || value->is_null()) return std::optional<bool>{};
  if (const bool* flag = std::get_if<bool>(value)) return std::optional<bool>{*flag};
  return wrong(keys, "true or false");
}

Result<std::optional<std::string>> Config::word(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || value->is_null()) return std::optional<std::string>{};
  if (const auto* word = std::get_if<std::string>(value)) return std::optional<std::string>{*word};
  return wrong(keys, "a word");
}

Result<std::optional<std::vector<double>>> Config::reals(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || value->is_null()) return std::optional<std::vector<double>>{};
  const auto* list = std::get_if<ConfigList>(value);
  if (list == nullptr) return wrong(keys, "a list of numbers");
  std::vector<double> numbers;
  for (const ConfigValue& item : *list) {
    const std::optional<double> x = finite(item);
    if (!x) return wrong(keys, fmt::format("finite numbers alone, not {}", show(item)));
    numbers.push_back(*x);
  }
  return std::optional(std::move(numbers));
}

Result<std::optional<std::vector<std::string>>> Config::words(std::string_view keys) const {
  const ConfigValue* value = find(keys);
  if (value == nullptr || value->is_null()) return std::optional<std::vector<std::string>>{};
  const auto* list = std::get_if<ConfigList>(value);
  if (list == nullptr) return wrong(keys, "a list of words");
  std::vector<std::string> words;
  for (const ConfigValue& item : *list) {
    const auto* word = std::get_if<std::string>(&item);
    if (word == nullptr) return wrong(keys, fmt::format("words alone, not {}", show(item)));
    words.push_back(*word);
  }
  return std::optional(std::move(words));
}

Result<void> Config::check_object(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (value == nullptr || value->is_null() || std::holds_alternative<ConfigObject>(*value)) return {};
  return wrong(key, "an object or null");
}

}  // namespace sg
