#include "measure/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "base/text_file.h"
#include "base/whole_file.h"
#include "measure/measure.h"

namespace sg {
namespace {

constexpr std::string_view kCuda = "cuda", kNumbered = "cuda:";

std::string_view word(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::kUnknown: return "unknown";
    case DeviceVerdict::kEqual: return "equal";
    case DeviceVerdict::kDiffers: return "differs";
  }
  return "";
}

/// What the verdict depends on.
std::string key_of(const cuda::DeviceFacts& gpu) {
  return fmt::format("{}\t{}\t{}, numerics {}\t", gpu.name, gpu.driver, engine_version(), kNumericsVersion);
}

/// "0", "0,2": each once; nothing when it is no such list.
std::optional<std::vector<int>> numbers_in(std::string_view list) {
  std::vector<int> numbers;
  for (const char *at = list.data(), *end = at + list.size();; ++at) {
    int number = 0;
    const auto [after, failed] = std::from_chars(at, end, number);
    if (failed != std::errc() || number < 0 || std::ranges::find(numbers, number) != numbers.end()) return std::nullopt;
    numbers.push_back(number);
    if (after == end) return numbers;
    if (*after != ',') return std::nullopt;
    at = after;
  }
}

std::string stored_lines() {
  Result<std::string> text = read_text_file(verdicts_file().string());
  return text.ok() ? std::move(text).value() : std::string();
}

}  // namespace

Result<DeviceChoice> parse_device(const std::string& text) {
  using Kind = DeviceChoice::Kind;
  if (text.empty() || text == "cpu") return DeviceChoice{};
  if (text == "auto") return DeviceChoice{.kind = Kind::kAuto};
  if (text == kCuda) return DeviceChoice{.kind = Kind::kCuda};
  if (text == "cuda:all") return DeviceChoice{.kind = Kind::kCuda, .numbers = {}};
  if (text.starts_with(kNumbered)) {
    if (auto numbers = numbers_in(std::string_view(text).substr(kNumbered.size())))
      return DeviceChoice{.kind = Kind::kCuda, .numbers = *std::move(numbers)};
  }
  return Error{.kind = ErrorKind::kUsage,
               .what = "unknown device",
               .where = "--device",
               .expected = "cpu, cuda, cuda:1, cuda:0,1, cuda:all or auto",
               .got = "'" + text + "'"};
}

std::filesystem::path verdicts_file() {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  const std::filesystem::path folder = cache != nullptr && *cache != '\0'
                                           ? std::filesystem::path(cache)
                                           : std::filesystem::path(home != nullptr ? home : "") / ".cache";
  return folder / "streamgauge" / "devices.tsv";
}

DeviceVerdict remembered_verdict(const cuda::DeviceFacts& gpu) {
  const std::string key = key_of(gpu);
  std::istringstream lines(stored_lines());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    for (const DeviceVerdict verdict : {DeviceVerdict::kEqual, DeviceVerdict::kDiffers})
      if (line.substr(key.size()) == word(verdict)) return verdict;
  }
  return DeviceVerdict::kUnknown;
}

Result<void> remember_verdict(const cuda::DeviceFacts& gpu, DeviceVerdict verdict) {
  const std::string key = key_of(gpu);
  std::string kept;
  std::istringstream lines(stored_lines());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) kept += line + "\n";
  }
  kept += key + std::string(word(verdict)) + "\n";
  std::error_code ignored;
  std::filesystem::create_directories(verdicts_file().parent_path(), ignored);
  SG_TRY(WholeFile file, WholeFile::create(write_target(verdicts_file())));
  SG_TRY_VOID(file.write(kept));
  return file.finish();
}

}  // namespace sg
