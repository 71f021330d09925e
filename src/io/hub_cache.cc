#include "io/hub_cache.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <tuple>

#include "base/folder.h"
#include "io/in_quotes.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kModelPrefix = "models--";
constexpr std::size_t kCommitDigits = 40;
constexpr std::size_t kLongestRepo = 96;  // the Hub's limit

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

fs::path cache_home() {
  const std::string xdg = variable("XDG_CACHE_HOME");
  return xdg.empty() ? fs::path(variable("HOME")) / ".cache" : expanded_path(xdg);
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A ref's content without the blanks that some writers leave.
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

/// Names under `folder`, relative, sorted: files, or folders of the first level.
std::vector<std::string> names_in(const fs::path& folder, bool files) {
  std::vector<std::string> names;
  for (const fs::path& path : files ? files_below(folder) : entries_of(folder))
    names.push_back(path.lexically_relative(folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

Error no_revision(const HubId& id, const fs::path& folder) {
  const std::vector<std::string> refs = names_in(folder / "refs", /*files=*/true);
  const std::vector<std::string> commits = names_in(folder / "snapshots", /*files=*/false);
  std::vector<std::string> there = refs;
  there.insert(there.end(), commits.begin(), commits.end());
  Error error = {.what = fmt::format("the Hub's cache has no revision {} of {}", in_quotes(id.revision), id.repo),
                 .where = (folder / "refs" / id.revision).string(),
                 .expected = there.empty() ? "a ref or a snapshot" : fmt::format("one of {}", fmt::join(there, ", ")),
                 .hint = fmt::format("name one that is there: {}@REV", id.repo)};
  if (id.revision.size() < kCommitDigits && id.revision.size() >= 7 && is_hex(id.revision))
    error.hint = "a short commit cannot be looked up offline, give all 40 digits";
  return error;
}

/// The commit that a revision stands for, whose snapshot folder exists.
Result<std::string> resolve_revision(const HubId& id, const fs::path& folder) {
  std::error_code ignored;
  const fs::path ref = folder / "refs" / id.revision;
  if (fs::is_regular_file(ref, ignored)) {
    const std::string commit = read_ref(ref);
    if (!is_commit(commit)) {
      return Error{.what = "a ref of the Hub's cache is damaged",
                   .where = ref.string(),
                   .expected = "a commit of 40 lower-case hexadecimal digits",
                   .got = commit.empty() ? "nothing that can be read" : in_quotes(commit),
                   .hint = fmt::format("download {} again, or name a commit", id.repo)};
    }
    if (fs::is_directory(folder / "snapshots" / commit, ignored)) return commit;
    return Error{.what = fmt::format("the snapshot that {} of {} names is not in the cache", id.revision, id.repo),
                 .where = (folder / "snapshots" / commit).string(),
                 .hint = "its download did not finish or it was deleted; download it again"};
  }
  if (is_commit(id.revision) && fs::is_directory(folder / "snapshots" / id.revision, ignored)) return id.revision;
  return no_revision(id, folder);
}

bool is_weight_file(const fs::path& file) { return file.extension() == ".safetensors" || file.extension() == ".gguf"; }

/// Files that the repository is known to lack, of those that a model needs.
std::string known_absent(const fs::path& folder, const std::string& commit) {
  std::vector<std::string> absent;
  std::error_code ignored;
  for (const char* name : {"config.json", "model.safetensors", "model.safetensors.index.json"}) {
    if (fs::exists(folder / ".no_exist" / commit / name, ignored)) absent.emplace_back(name);
  }
  return absent.empty() ? ""
                        : fmt::format("; the cache knows that the repository has no {}", fmt::join(absent, ", no "));
}

/// Every link that a reader would follow leads somewhere, and there are weights.
Result<void> check_snapshot(const HubId& id, const fs::path& folder, const std::string& commit) {
  const fs::path snapshot = folder / "snapshots" / commit;
  std::error_code failure;
  bool weights = false;
  std::vector<std::string> names;
  for (const fs::path& file : entries_of(snapshot, failure)) {
    names.push_back(file.filename().string());
    weights = weights || is_weight_file(file);
    std::error_code ignored, unreadable;
    if (!fs::is_symlink(file, ignored) || fs::exists(file, unreadable)) continue;
    if (!is_weight_file(file) && file.extension() != ".json") continue;  // not read
    return Error{.what = "a link of the Hub's cache is broken",
                 .where = file.string(),
                 .expected = fmt::format("the file {}", fs::read_symlink(file, ignored).string()),
                 .got = unreadable ? unreadable.message() : "nothing there",
                 .hint = fmt::format("download {} again; its file {} is missing", id.repo, file.filename().string())};
  }
  if (failure) {
    return Error{.what = "the snapshot cannot be read", .where = snapshot.string(), .got = failure.message()};
  }
  if (weights) return {};
  return Error{.what = fmt::format("the snapshot of {} holds no weights that are read", id.repo),
               .where = snapshot.string(),
               .expected = "*.safetensors or *.gguf",
               .got = (names.empty() ? "an empty folder" : fmt::format("{}", fmt::join(names, ", "))) +
                      known_absent(folder, commit),
               .hint = "it was downloaded in part, or the repository has other formats only"};
}

/// The .gguf files below a snapshot, relative.
std::vector<std::string> gguf_paths(const fs::path& snapshot) {
  std::vector<std::string> paths;
  for (const std::string& path : names_in(snapshot, /*files=*/true)) {
    if (path.ends_with(".gguf")) paths.push_back(path);
  }
  return paths;
}

}  // namespace

fs::path expanded_path(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool brace = text.compare(i, 2, "${") == 0;
    const std::size_t begin = i + (brace ? 2 : 1);
    std::size_t end = begin;
    while (text[i] == '$' && end < text.size() && is_name_char(text[end])) ++end;
    const bool whole = text[i] == '$' && end > begin && (!brace || (end < text.size() && text[end] == '}'));
    const std::string value = whole ? variable(text.substr(begin, end - begin)) : "";
    if (value.empty()) {
      out += text[i++];
    } else {
      out += value;
      i = end + (brace ? 1 : 0);
    }
  }
  if (out == "~" || out.starts_with("~/")) out = variable("HOME") + out.substr(1);
  return out;
}

bool is_commit(std::string_view text) { return text.size() == kCommitDigits && is_hex(text); }

std::string repo_folder_name(std::string_view repo) {
  return std::string(kModelPrefix) + replace_all(std::string(repo), "/", "--");
}

fs::path hub_home() {
  const std::string home = variable("HF_HOME");
  return home.empty() ? cache_home() / "huggingface" : expanded_path(home);
}

fs::path hub_cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string folder = variable(name); !folder.empty()) return expanded_path(folder);
  }
  return hub_home() / "hub";
}

fs::path own_cache_folder() { return cache_home() / "streamgauge"; }
fs::path own_models_folder() { return own_cache_folder() / "models"; }

std::optional<HubId> parse_hub_id(std::string_view text) {
  constexpr std::string_view kScheme = "hf://";
  HubId id = {.repo = {}};
  if (text.starts_with(kScheme)) {
    id.scheme = true;
    text.remove_prefix(kScheme.size());
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    id.quant = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (id.quant.empty() || id.quant.find('/') != std::string::npos) return std::nullopt;
  }
  const std::size_t at = text.find('@');
  id.repo = text.substr(0, at);
  if (at != std::string_view::npos) id.revision = text.substr(at + 1);
  const auto is_part = [](std::string_view part) {
    return !part.empty() && part.front() != '-' && part.front() != '.' &&
           std::ranges::all_of(part, [](char c) { return is_name_char(c) || c == '.' || c == '-'; });
  };
  const std::string_view repo = id.repo;
  const std::size_t slash = repo.find('/');
  const bool shaped = slash == std::string_view::npos
                          ? is_part(repo)
                          : is_part(repo.substr(0, slash)) && is_part(repo.substr(slash + 1));
  const bool allowed = repo.size() <= kLongestRepo && repo.find("--") == std::string_view::npos &&
                       repo.find("..") == std::string_view::npos && !is_weight_file(id.repo);
  // A revision is a path below refs/: it may not climb out.
  const bool safe = !id.revision.empty() && id.revision.front() != '/' && id.revision.find("..") == std::string::npos;
  if (!shaped || !allowed || !safe) return std::nullopt;
  return id;
}

std::vector<CachedModel> cached_models() {
  std::vector<CachedModel> found;
  for (const fs::path& entry : entries_of(hub_cache_folder())) {
    const std::string name = entry.filename().string();
    if (!name.starts_with(kModelPrefix)) continue;
    for (const std::string& ref : names_in(entry / "refs", /*files=*/true)) {
      const fs::path snapshot = entry / "snapshots" / read_ref(entry / "refs" / ref);
      if (!snapshot.has_filename() || !is_folder(snapshot)) continue;
      found.push_back({replace_all(name.substr(kModelPrefix.size()), "--", "/"), ref, snapshot});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return std::tie(a.id, a.revision) < std::tie(b.id, b.revision); });
  return found;
}

Result<fs::path> find_snapshot(const fs::path& cache, const HubId& id) {
  std::error_code ignored;
  if (!fs::is_directory(cache, ignored)) {
    return Error{.what = fmt::format("no such file or folder, and there is no Hub cache at {}", cache.string()),
                 .where = id.repo,
                 .hint = "HF_HOME or HF_HUB_CACHE says where it is"};
  }
  const fs::path folder = cache / repo_folder_name(id.repo);
  if (!fs::is_directory(folder, ignored)) {
    return Error{
        .what = fmt::format("no such file or folder, and no such model in the Hub's cache at {}", cache.string()),
        .where = id.repo,
        .hint =
            "MODEL is a folder with config.json and safetensors, a .gguf file, or ORG/NAME[@REV] of a "
            "model in the cache; streamgauge list models shows what is there"};
  }
  SG_TRY(const std::string commit, resolve_revision(id, folder));
  SG_TRY_VOID(check_snapshot(id, folder, commit));
  return folder / "snapshots" / commit;
}

Result<fs::path> find_cached(const fs::path& cache, const HubId& id) {
  SG_TRY(const fs::path snapshot, find_snapshot(cache, id));
  if (id.quant.empty()) return snapshot;
  SG_TRY(const std::vector<std::string> files, choose_gguf(gguf_paths(snapshot), id));
  return snapshot / files.front();
}

Result<fs::path> find_model(const std::string& model) {
  std::error_code ignored;
  if (fs::exists(model, ignored)) return fs::path(model);
  if (fs::is_symlink(model, ignored)) {
    return Error{.what = "a broken link",
                 .where = model,
                 .expected = fmt::format("the file {}", fs::read_symlink(model, ignored).string()),
                 .got = "nothing there"};
  }
  if (const std::optional<HubId> id = parse_hub_id(model)) return find_cached(hub_cache_folder(), *id);
  return Error{.what = "no such file or folder",
               .where = model,
               .hint =
                   "MODEL is a folder with config.json and safetensors, a .gguf file, or ORG/NAME[@REV] of a model "
                   "in the Hub's cache"};
}

std::optional<std::string> hub_id_of(const fs::path& snapshot) {
  const fs::path path = snapshot.has_filename() ? snapshot : snapshot.parent_path();
  const fs::path snapshots = path.parent_path();
  const std::string name = snapshots.parent_path().filename().string();
  if (!is_commit(path.filename().string()) || snapshots.filename() != "snapshots" || !name.starts_with(kModelPrefix))
    return std::nullopt;
  return replace_all(name.substr(kModelPrefix.size()), "--", "/");
}

}  // namespace sg
