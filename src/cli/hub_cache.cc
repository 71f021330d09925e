#include "cli/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <system_error>

namespace sg {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kModelPrefix = "models--";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A leading ~ stands for the home folder.
fs::path expanded(const std::string& text) {
  if (text == "~" || text.starts_with("~/")) return fs::path(variable("HOME") + text.substr(1));
  return text;
}

fs::path cache_home() {
  const std::string xdg = variable("XDG_CACHE_HOME");
  return xdg.empty() ? fs::path(variable("HOME")) / ".cache" : expanded(xdg);
}

std::string read_ref(const fs::path& file) {
  std::ifstream in(file);
  std::string commit;
  in >> commit;
  return commit;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool looks_like_hub_id(const std::string& model) {
  static const std::regex shape("[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9._/-]+)?");
  return std::regex_match(model, shape);
}

Error not_found(const std::string& model) {
  return {.what = "no such file or folder",
          .where = model,
          .hint =
              "MODEL is a folder with config.json and safetensors, a .gguf file, or ORG/NAME of a model in the Hub's "
              "cache"};
}

Result<fs::path> find_in_cache(const std::string& model) {
  const std::size_t at = model.find('@');
  const std::string id = model.substr(0, at), revision = at == std::string::npos ? "main" : model.substr(at + 1);
  const fs::path folder = hub_cache_folder() / (std::string(kModelPrefix) + replace_all(id, "/", "--"));
  std::error_code ignored;
  if (revision.find("..") == std::string::npos) {
    const fs::path ref = folder / "refs" / revision;
    const std::string commit = fs::is_regular_file(ref, ignored) ? read_ref(ref) : revision;
    const fs::path snapshot = folder / "snapshots" / commit;
    if (!commit.empty() && fs::is_directory(snapshot, ignored)) return snapshot;
  }
  Error error = not_found(model);
  error.what = fs::is_directory(folder, ignored)
                   ? "the Hub's cache has no revision " + revision + " of " + id
                   : "no such file or folder, and the Hub's cache has no model of that name";
  error.expected = folder.string();
  error.hint += ". streamgauge list models shows what is there";
  return error;
}

}  // namespace

fs::path hub_home() {
  const std::string home = variable("HF_HOME");
  return home.empty() ? cache_home() / "huggingface" : expanded(home);
}

fs::path hub_cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string folder = variable(name); !folder.empty()) return expanded(folder);
  }
  return hub_home() / "hub";
}

fs::path own_models_folder() { return cache_home() / "streamgauge" / "models"; }

std::vector<CachedModel> cached_models() {
  std::vector<CachedModel> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(hub_cache_folder(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kModelPrefix)) continue;
    const fs::path refs = entry.path() / "refs";
    for (const auto& ref : fs::recursive_directory_iterator(refs, ignored)) {
      if (!ref.is_regular_file(ignored)) continue;
      const fs::path snapshot = entry.path() / "snapshots" / read_ref(ref.path());
      if (!fs::is_directory(snapshot, ignored)) continue;
      found.push_back({replace_all(name.substr(kModelPrefix.size()), "--", "/"),
                       ref.path().lexically_relative(refs).string(), snapshot});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return std::tie(a.id, a.revision) < std::tie(b.id, b.revision); });
  return found;
}

Result<fs::path> find_model(const std::string& model) {
  std::error_code ignored;
  if (fs::exists(model, ignored)) return fs::path(model);
  if (looks_like_hub_id(model)) return find_in_cache(model);
  return not_found(model);
}

}  // namespace sg
