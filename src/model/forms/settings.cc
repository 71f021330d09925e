#include "model/forms/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sg {
namespace {

/// Wider than any block of scales that is published.
constexpr double kMostBlock = 65536;

bool says_nothing(const ConfigValue& value) {
  if (value.is_null()) return true;
  if (const bool* flag = std::get_if<bool>(&value)) return !*flag;
  if (const auto* list = std::get_if<ConfigList>(&value)) return list->empty();
  const auto* object = std::get_if<ConfigObject>(&value);
  return object != nullptr &&
         std::ranges::all_of(*object, [](const ConfigMember& member) { return says_nothing(member.value); });
}

/// "128x64" as the list it stands for; anything else as it is.
ConfigList sizes_of(const ConfigValue& value) {
  if (const auto* list = std::get_if<ConfigList>(&value)) return *list;
  ConfigList sizes;
  const auto* text = std::get_if<std::string>(&value);
  const char* at = text == nullptr ? nullptr : text->data();
  const char* const end = text == nullptr ? nullptr : at + text->size();
  while (at != end) {
    std::int64_t n = 0;
    const auto [stop, error] = std::from_chars(at, end, n);
    if (error != std::errc() || (stop != end && *stop != 'x')) return {};
    sizes.emplace_back(n);
    at = stop == end ? end : stop + 1;
  }
  return sizes;
}

}  // namespace

Result<std::string> Settings::word(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (value == nullptr) return std::string();
  if (const auto* word = std::get_if<std::string>(value)) return *word;
  return wrong(key, "a word");
}

Result<std::string> Settings::lower_word(std::string_view key) const {
  SG_TRY(std::string text, word(key));
  std::ranges::transform(text, text.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

Result<std::vector<std::string>> Settings::words(std::string_view key) const {
  std::vector<std::string> all;
  const ConfigValue* value = find(key);
  if (value == nullptr) return all;
  const auto* list = std::get_if<ConfigList>(value);
  if (list == nullptr) return wrong(key, "a list of words");
  for (const ConfigValue& entry : *list) {
    const auto* word = std::get_if<std::string>(&entry);
    if (word == nullptr) return wrong(key, "a list of words");
    all.push_back(*word);
  }
  return all;
}

Result<std::optional<std::int64_t>> Settings::integer(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (value == nullptr) return std::optional<std::int64_t>{};
  if (const auto* n = std::get_if<std::int64_t>(value)) return std::optional<std::int64_t>{*n};
  return wrong(key, "a whole number");
}

Result<bool> Settings::flag(std::string_view key, bool absent) const {
  const ConfigValue* value = find(key);
  if (value == nullptr) return absent;
  if (const bool* flag = std::get_if<bool>(value)) return *flag;
  return wrong(key, "true or false");
}

Result<const ConfigValue*> Settings::object(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (value == nullptr || std::holds_alternative<ConfigObject>(*value)) return value;
  return wrong(key, "an object");
}

Result<std::array<std::size_t, 2>> Settings::block(std::string_view key) const {
  const ConfigValue* value = find(key);
  std::array<std::size_t, 2> sizes{};
  if (value == nullptr) return sizes;
  const ConfigList list = sizes_of(*value);
  bool good = list.size() == 2;
  for (std::size_t i = 0; good && i < 2; ++i) {
    const auto* n = std::get_if<std::int64_t>(&list[i]);
    good = n != nullptr && *n > 0 && static_cast<double>(*n) <= kMostBlock;
    if (good) sizes[i] = static_cast<std::size_t>(*n);
  }
  if (!good) return wrong(key, "two sizes of a block");
  return sizes;
}

Result<std::size_t> Settings::group_size() const {
  SG_TRY(const std::optional<std::int64_t> size, integer("group_size"));
  if (!size || *size == -1) return std::size_t{0};
  if (*size <= 0 || static_cast<double>(*size) > kLargestCount) return wrong("group_size", "-1, or a number of inputs");
  return static_cast<std::size_t>(*size);
}

Result<void> Settings::refuse(std::string_view key, std::string_view why) const {
  const ConfigValue* value = find(key);
  if (value == nullptr || says_nothing(*value)) return {};
  return wrong(key, fmt::format("nothing: {}", why));
}

Error Settings::wrong(std::string_view key, std::string expected) const {
  const ConfigValue* value = find(key);
  return {.what = fmt::format("{}.{} has no usable value", path_, key),
          .where = where_,
          .expected = std::move(expected),
          .got = value == nullptr ? "nothing" : show(*value),
          .hint = "measure the original checkpoint, or a GGUF of it"};
}

}  // namespace sg
