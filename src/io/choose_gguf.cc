// Which GGUF files of a repository "ORG/NAME:QUANT" means.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "io/hub_cache.h"
#include "io/in_quotes.h"
#include "io/shard_name.h"

namespace sg {
namespace {

constexpr std::string_view kExtension = ".gguf";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// The path without its extension and the number of its piece: the same for all files of one model.
std::string model_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string name = path.substr(folder.size());
  if (const auto shard = parse_shard_name(name, kExtension)) return folder + shard->stem;
  return path.substr(0, path.size() - kExtension.size());
}

bool is_companion(const std::string& path) {
  const std::string name = upper(path.substr(path.rfind('/') + 1));
  return name.starts_with("MMPROJ") || name.find("IMATRIX") != std::string::npos;
}

/// "…-Q4_K_M", "….Q4_K_M" or a folder of that name, whatever the case.
bool is_called(const std::string& model, const std::string& quant) {
  const std::string name = upper(model), wanted = upper(quant);
  if (name == wanted) return true;
  if (("/" + name).find("/" + wanted + "/") != std::string::npos) return true;
  if (!name.ends_with(wanted)) return false;
  const char before = name[name.size() - wanted.size() - 1];
  return before == '-' || before == '.' || before == '_' || before == '/';
}

}  // namespace

Result<std::vector<std::string>> choose_gguf(const std::vector<std::string>& paths, const HubId& id) {
  std::map<std::string, std::vector<std::string>> models;
  for (const std::string& path : paths) {
    if (path.ends_with(kExtension) && !is_companion(path)) models[model_of(path)].push_back(path);
  }
  std::vector<std::string> names, chosen;
  for (auto& [model, files] : models) {
    names.push_back(model);
    std::sort(files.begin(), files.end());
    // A longer label ends in a shorter one (UD-Q4_K_M): the one that is called exactly so wins by being the shortest.
    if (!id.quant.empty() && is_called(model, id.quant) &&
        (chosen.empty() || model.size() < model_of(chosen.front()).size()))
      chosen = files;
  }
  if (id.quant.empty() && models.size() == 1) chosen = models.begin()->second;
  if (!chosen.empty()) return chosen;
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  if (models.empty()) {
    return Error{.what = fmt::format("{} has no GGUF files", id.repo),
                 .hint = "leave out :" + (id.quant.empty() ? "QUANT" : id.quant)};
  }
  if (id.quant.empty()) {
    return Error{.what = fmt::format("{} holds several models", id.repo),
                 .expected = "one of " + all,
                 .hint = fmt::format("name one by the end of its name, as {}:Q4_K_M", id.repo)};
  }
  return Error{.what = fmt::format("{} has no GGUF called {}", id.repo, in_quotes(id.quant)),
               .expected = "one of " + all};
}

}  // namespace sg
