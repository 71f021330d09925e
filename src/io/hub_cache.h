// The Hugging Face Hub's cache on this machine, read only: layout, variables and revision rules as huggingface_hub
// documents them ("Understand caching", "Environment variables"). Nothing is downloaded and nothing is written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

/// HF_HOME, else $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface. A leading ~ and $VAR are expanded in all.
std::filesystem::path hub_home();
/// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else $HF_HOME/hub.
std::filesystem::path hub_cache_folder();
/// What this program keeps between runs for itself: $XDG_CACHE_HOME/streamgauge, else ~/.cache/streamgauge.
std::filesystem::path own_cache_folder();
/// Where tools/fetch_models.py puts models: $XDG_CACHE_HOME/streamgauge/models.
std::filesystem::path own_models_folder();

/// $VAR and ${VAR} by their values, a leading ~ by the home folder; an unset variable stays as it is written.
std::filesystem::path expanded_path(const std::string& text);

/// "[hf://]ORG/NAME[@REV][:QUANT]", or NAME alone for the few models without an organisation. REV is a branch, a tag,
/// "refs/pr/N" or a commit of 40 digits; QUANT chooses among the GGUF files of a repository, as "Q4_K_M".
struct HubId {
  std::string repo;
  std::string revision = "main";
  std::string quant = {};  // empty: none was named
  bool scheme = false;     // "hf://" was written: it is meant as no file
};
/// Absent: not of that form.
std::optional<HubId> parse_hub_id(std::string_view text);
/// 40 lower-case hexadecimal digits.
bool is_commit(std::string_view text);
/// "models--ORG--NAME", the folder of a repository in a cache.
std::string repo_folder_name(std::string_view repo);

/// Which of a repository's GGUF files are meant: those of one quantisation, or of the only model there is. Projectors
/// of images and importance matrices count as no model. All files of a split model, sorted. `paths` may hold other
/// files. Errors: none is called so, or several models and no name; both list what is there.
Result<std::vector<std::string>> choose_gguf(const std::vector<std::string>& paths, const HubId& id);

struct CachedModel {
  std::string id;        // "ORG/NAME"
  std::string revision;  // the name of the ref
  std::filesystem::path path;
};
/// Every snapshot that a ref names, sorted by id and revision.
std::vector<CachedModel> cached_models();

/// The snapshot of a revision in the cache `cache`, whole as far as its links tell. A ref's commit is followed, a
/// full commit is looked up, nothing is guessed. Each of these is an error of its own: no cache, no such model, no
/// such revision, a short commit, a damaged ref, a ref whose snapshot is gone, a broken link, no weights, files that
/// the cache knows the repository lacks.
Result<std::filesystem::path> find_snapshot(const std::filesystem::path& cache, const HubId& id);
/// The same, and where the id names a quantisation the .gguf file of the snapshot that it means.
Result<std::filesystem::path> find_cached(const std::filesystem::path& cache, const HubId& id);

/// MODEL of the command line as a path: an existing path wins, then a Hub id in the cache.
Result<std::filesystem::path> find_model(const std::string& model);

/// "ORG/NAME" of a snapshot's folder inside a cache; absent for any other path.
std::optional<std::string> hub_id_of(const std::filesystem::path& snapshot);

}  // namespace sg
