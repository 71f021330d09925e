// Devices: the word that chooses what a run computes on, and what was found of this machine's GPUs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cuda/device.h"

namespace sg {

/// The processor, GPUs, or the first GPU that was found equal here and the processor without one.
struct DeviceChoice {
  enum class Kind : std::uint8_t { kCpu, kCuda, kAuto };
  Kind kind = Kind::kCpu;
  std::vector<int> numbers = {0};  // of the GPUs, as the driver counts; empty: all of them
  int first() const { return numbers.empty() ? 0 : numbers.front(); }
};

/// "cpu" or nothing, "cuda" (the first GPU), "cuda:1", "cuda:0,1", "cuda:all", "auto". Error (usage): another word.
Result<DeviceChoice> parse_device(const std::string& text);

/// What `check --device cuda` found.
enum class DeviceVerdict : std::uint8_t { kUnknown, kEqual, kDiffers };

/// What was last remembered of a GPU of this name with this driver, for this version of the program.
DeviceVerdict remembered_verdict(const cuda::DeviceFacts& gpu);
/// Keeps it in devices.tsv in the folder streamgauge of the user's cache. Errors: as of writing a file.
Result<void> remember_verdict(const cuda::DeviceFacts& gpu, DeviceVerdict verdict);
std::filesystem::path verdicts_file();

}  // namespace sg
