#include "prompts/file_reading.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "base/nearest.h"

namespace sg {
namespace {

constexpr const char* kTextKeys[] = {"text", "prompt"};
constexpr const char* kIdKey = "id";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

std::string counted(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

void FileReading::take(Prompt prompt, std::string_view key) {
  prompts_.push_back(std::move(prompt));
  if (!key.empty() && std::ranges::find(keys_, key) == keys_.end()) keys_.emplace_back(key);
}

void FileReading::leave_out(const std::string& where, std::string_view what) {
  auto known = std::ranges::find(left_out_, what, &std::pair<std::string, Left>::first);
  if (known == left_out_.end()) known = left_out_.insert(known, {std::string(what), {.first = file_ + where}});
  ++known->second.count;
}

std::string FileReading::text_key(const std::vector<std::string>& names) const {
  const auto has = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  if (!options_.text_key.empty()) return has(options_.text_key) ? options_.text_key : "";
  for (const char* key : kTextKeys) {
    if (has(key)) return key;
  }
  for (const char* key : kTextKeys) {
    const auto found = std::ranges::find_if(names, [&](const std::string& name) { return lower(name) == key; });
    if (found != names.end()) return *found;
  }
  return "";
}

std::string FileReading::id_key() const { return options_.id_key.empty() ? kIdKey : options_.id_key; }

std::string FileReading::wanted_key() const {
  return options_.text_key.empty() ? "text or prompt" : "'" + options_.text_key + "'";
}

Error FileReading::without_text(Error error, const std::vector<std::string>& names) const {
  error.got = fmt::format("{}", fmt::join(names, ", "));
  const std::string near = nearest_text(options_.text_key, names);
  error.hint = near.empty() ? "--text-key names the one that is the text" : near;
  return error;
}

Result<PromptFile> FileReading::finished(std::string_view form, std::string_view manner) && {
  PromptFile read;
  for (const auto& [what, left] : left_out_) {
    read.warnings.push_back(left.first + ": " + what +
                            (left.count > 1 ? fmt::format(" (and {} more)", left.count - 1) : ""));
  }
  if (prompts_.empty()) {
    return Error{.what = "holds no prompt", .where = file_, .got = fmt::format("{}", fmt::join(read.warnings, "; "))};
  }
  const auto named = [](const Prompt& prompt) { return !prompt.id.empty(); };
  if (!options_.id_key.empty() && std::ranges::none_of(prompts_, named)) {
    return Error{.what = "no prompt has a name under the key that was asked for",
                 .where = file_,
                 .expected = "--id-key with a column or key of the file",
                 .got = "'" + options_.id_key + "'",
                 .hint = nearest_text(options_.id_key, column_names(prompts_))};
  }
  const std::string how = keys_.empty() ? std::string(manner) : fmt::format("{} {}", form, fmt::join(keys_, ", "));
  read.said =
      fmt::format("{} from {}, {}", counted(prompts_.size(), "prompt"), file_ == "-" ? "standard input" : file_, how);
  read.prompts = std::move(prompts_);
  return read;
}

}  // namespace sg
