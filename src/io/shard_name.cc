#include "io/shard_name.h"

#include <fmt/format.h>

#include <charconv>

namespace sg {

std::optional<ShardName> parse_shard_name(std::string_view file_name, std::string_view extension) {
  constexpr std::string_view kForm = "-00000-of-00000";
  if (!file_name.ends_with(extension)) return std::nullopt;
  file_name.remove_suffix(extension.size());
  if (file_name.size() < kForm.size()) return std::nullopt;
  const std::size_t stem = file_name.size() - kForm.size();
  ShardName name{std::string(file_name.substr(0, stem)), 0, 0};
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const char c = file_name[stem + i];
    if (kForm[i] != '0' ? c != kForm[i] : c < '0' || c > '9') return std::nullopt;
  }
  const char* digits = file_name.data() + stem + 1;
  std::from_chars(digits, digits + 5, name.number);
  std::from_chars(digits + 9, digits + 14, name.count);
  return name.number >= 1 && name.number <= name.count ? std::optional(name) : std::nullopt;
}

std::string shard_name_text(const ShardName& name, std::string_view extension) {
  return fmt::format("{}-{:05}-of-{:05}{}", name.stem, name.number, name.count, extension);
}

}  // namespace sg
