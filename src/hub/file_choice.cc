#include "hub/file_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <set>

#include "io/shard_name.h"

namespace sg {
namespace {

constexpr std::string_view kSafetensors = ".safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

bool matches(const std::string& path, const std::vector<std::string>& globs) {
  return std::ranges::any_of(globs, [&](const std::string& glob) {
    const std::string whole = glob.ends_with('/') ? glob + "*" : glob;
    return ::fnmatch(whole.c_str(), path.c_str(), 0) == 0;
  });
}

bool is_in_root(const std::string& path) { return path.find('/') == std::string::npos; }

/// model.safetensors, its index, and model-00001-of-00002.safetensors; not a copy under another name (consolidated,
/// a precision, an adapter).
bool is_standard_weight(const std::string& path) {
  if (path == "model.safetensors" || path == kIndex) return true;
  const auto shard = parse_shard_name(path, kSafetensors);
  return is_in_root(path) && shard && shard->stem == "model";
}

/// What stands beside weights and is read with them.
bool is_companion(const std::string& path) {
  if (!is_in_root(path)) return false;
  static const std::set<std::string> kNamed = {"merges.txt", "vocab.txt"};
  static const std::set<std::string> kLeftOut = {"trainer_state.json", "all_results.json", "train_results.json",
                                                 "eval_results.json"};
  if (kNamed.contains(path)) return true;
  if (kLeftOut.contains(path) || path.ends_with(".index.json")) return false;
  return std::ranges::any_of(std::array{".json", ".model", ".jinja", ".tiktoken"},
                             [&](const char* end) { return path.ends_with(end); });
}

Error no_weights(const std::vector<HubFile>& all, const HubId& id) {
  Error error = {.what = fmt::format("{} holds no weights that are read", id.repo),
                 .expected = "*.safetensors or *.gguf"};
  std::vector<std::string> names;
  for (const HubFile& file : all) {
    names.push_back(file.path);
    const bool pickled = file.path.ends_with(".bin") || file.path.ends_with(".pt") || file.path.ends_with(".pth");
    if (pickled) error.hint = "pickled weights are not read: look for a copy of the model as safetensors";
  }
  error.got = names.empty() ? "no file" : fmt::format("{}", fmt::join(names, ", "));
  if (error.hint.empty()) error.hint = "--include names files all the same";
  return error;
}

Result<std::vector<HubFile>> default_files(const std::vector<HubFile>& all, const HubId& id) {
  std::vector<std::string> paths;
  for (const HubFile& file : all) paths.push_back(file.path);
  const bool standard = std::ranges::any_of(paths, is_standard_weight);
  const bool other =
      std::ranges::any_of(paths, [](const std::string& p) { return is_in_root(p) && p.ends_with(kSafetensors); });
  const bool gguf = std::ranges::any_of(paths, [](const std::string& p) { return p.ends_with(".gguf"); });
  std::vector<HubFile> chosen;
  if (!id.quant.empty() || (!standard && !other && gguf)) {
    SG_TRY(const std::vector<std::string> files, choose_gguf(paths, id));
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](const HubFile& f) { return std::ranges::find(files, f.path) != files.end(); });
    return chosen;
  }
  if (!standard && !other) return no_weights(all, id);
  std::ranges::copy_if(all, std::back_inserter(chosen), [&](const HubFile& f) {
    const bool weight = standard ? is_standard_weight(f.path) : is_in_root(f.path) && f.path.ends_with(kSafetensors);
    return weight || is_companion(f.path);
  });
  return chosen;
}

}  // namespace

Result<std::vector<HubFile>> choose_files(const std::vector<HubFile>& all, const HubId& id, const FileGlobs& globs) {
  std::vector<HubFile> chosen;
  if (globs.include.empty()) {
    SG_TRY(chosen, default_files(all, id));
  } else {
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](const HubFile& f) { return matches(f.path, globs.include); });
  }
  std::erase_if(chosen, [&](const HubFile& f) { return matches(f.path, globs.exclude); });
  if (!chosen.empty()) return chosen;
  std::vector<std::string> names;
  for (const HubFile& file : all) names.push_back(file.path);
  return Error{
      .kind = ErrorKind::kUsage,
      .what = fmt::format("no file of {} is left to fetch", id.repo),
      .expected = fmt::format("a match of --include, less those of --exclude, among {}", fmt::join(names, ", "))};
}

}  // namespace sg
