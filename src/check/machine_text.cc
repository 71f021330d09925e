#include "check/machine_text.h"

#include <fmt/format.h>
#include <hwy/highway.h>
#include <simdjson.h>
#include <toml++/toml.h>
#include <unistd.h>
#include <utf8proc.h>
#include <zlib.h>
#include <CLI/Version.hpp>

#include <boost/version.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/number_text.h"
#include "base/system.h"
#include "cuda/gpu_device.h"
#include "io/hub_cache.h"
#include "kernel/kernels.h"
#include "measure/device.h"
#include "measure/measure.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "not told by this system";
}

std::string isa_list(const std::string& chosen_by) {
  std::string text;
  for (const std::string_view isa : available_isas()) text.append(text.empty() ? "" : ", ").append(isa);
  const Result<const Kernels*> chosen = kernels_for(chosen_by);
  if (!chosen.ok()) return text + " (" + chosen.error().message() + ")";
  const bool forced = !chosen_by.empty() || std::getenv("SG_FORCE_ISA") != nullptr;
  return text + "; in use: " + std::string(chosen.value()->isa) + (forced ? ", forced" : "");
}

std::string folder_line(const std::filesystem::path& folder) {
  std::error_code ignored;
  return folder.string() + (std::filesystem::is_directory(folder, ignored) ? "" : " (not there)");
}

/// Whether a token would be found; never the token.
std::string token_line() {
  for (const char* variable : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return std::string("set by ") + variable;
  }
  const char* path = std::getenv("HF_TOKEN_PATH");
  const std::filesystem::path file =
      path != nullptr && *path != '\0' ? std::filesystem::path(path) : hub_home() / "token";
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) ? "in " + file.string()
                                                         : "none (not needed for models on this machine)";
}

std::string verdict_text(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::kUnknown: return "not checked: streamgauge check --device cuda";
    case DeviceVerdict::kEqual: return "checked: the processor's bits";
    case DeviceVerdict::kDiffers: return "checked: OTHER BITS than the processor";
  }
  return "";
}

/// One for each GPU, or why there is none.
std::vector<std::string> gpu_lines() {
  const Result<std::vector<cuda::DeviceFacts>> gpus = cuda::list_gpus();
  if (!gpus.ok()) return {gpus.error().what};
  std::vector<std::string> lines;
  for (const cuda::DeviceFacts& gpu : gpus.value())
    lines.push_back(fmt::format("{}, {}, {}; {}", gpu.name, gpu.driver, bytes_text(gpu.memory),
                                verdict_text(remembered_verdict(gpu))));
  if (lines.empty()) lines.emplace_back("none that the driver shows");
  return lines;
}

std::string libraries() {
  const std::string highway = fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH);
  const std::string simd = fmt::format("{}.{}.{}", int{simdjson::SIMDJSON_VERSION_MAJOR},
                                       int{simdjson::SIMDJSON_VERSION_MINOR}, int{simdjson::SIMDJSON_VERSION_REVISION});
  const std::string toml = fmt::format("{}.{}.{}", TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH);
  const std::string json =
      fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
  return fmt::format(
      "Highway {}, PCRE2 {}, utf8proc {}, simdjson {}, nlohmann-json {}, toml++ {}, CLI11 {}, fmt {}.{}.{}, Boost "
      "{}.{}.{}, zlib {}",
      highway, SG_PCRE2_VERSION, utf8proc_version(), simd, json, toml, CLI11_VERSION, FMT_VERSION / 10000,
      FMT_VERSION / 100 % 100, FMT_VERSION % 100, BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
      BOOST_VERSION % 100, zlibVersion());
}

}  // namespace

std::string machine_text(const std::string& isa, bool colour) {
  TextTable table(
      {left("streamgauge"), {fmt::format("{}, numerics {}", engine_version(), kNumericsVersion), Align::kLeft}});
  table.row({"compiler", SG_COMPILER});
  table.row({"processor", processor_name()});
  table.row({"instruction sets", isa_list(isa)});
  table.row({"threads", fmt::format("{} for this process", available_threads())});
  table.row({"memory", bytes_text(usable_memory_bytes())});
  for (const std::string& line : gpu_lines()) table.row({"GPU", line});
  table.row({"standard error",
             ::isatty(STDERR_FILENO) == 1 ? "a terminal: progress bars are drawn" : "no terminal: no progress bars"});
  table.row({"colour", colour ? "on" : "off"});
  table.row({"HF_HOME", folder_line(hub_home())});
  table.row({"hub cache", folder_line(hub_cache_folder())});
  table.row({"own models", folder_line(own_models_folder())});
  table.row({"hub token", token_line()});
  table.row({"libraries", libraries()});
  return table.text();
}

}  // namespace sg
