#include "measure/device.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <sstream>

#include "base/text_file.h"
#include "base/whole_file.h"
#include "measure/measure.h"

namespace sg {
namespace {

constexpr std::string_view kCuda = "cuda";

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
  DeviceChoice choice = {.kind = Kind::kCuda};
  if (text.starts_with("cuda:") && text.size() > 5) {
    const auto [end, failed] = std::from_chars(text.data() + 5, text.data() + text.size(), choice.number);
    if (failed == std::errc() && end == text.data() + text.size() && choice.number >= 0) return choice;
  }
  return Error{.kind = ErrorKind::kUsage,
               .what = "unknown device",
               .where = "--device",
               .expected = "cpu, cuda, cuda:1 or auto",
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
