#include "io/checkpoint.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "io/shard_name.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhatModelMayBe =
    "MODEL is a folder with config.json and safetensors, a .safetensors file beside its config.json, or a .gguf file";

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

/// The GGUF models of a folder: a split one counts once, by its first file.
std::vector<fs::path> gguf_models(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (lower_extension(entry.path()) != ".gguf") continue;
    const auto split = parse_shard_name(entry.path().filename().string(), ".gguf");
    if (!split || split->number == 1) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<Checkpoint> open_directory(const fs::path& directory) {
  std::error_code ignored;
  const bool has_weights = fs::exists(directory / "model.safetensors", ignored) ||
                           fs::exists(directory / "model.safetensors.index.json", ignored);
  const std::vector<fs::path> ggufs = gguf_models(directory);
  if (has_weights || ggufs.empty()) return open_safetensors(directory);
  if (ggufs.size() == 1) return open_gguf(ggufs.front());
  std::string names;
  for (const fs::path& path : ggufs) names += (names.empty() ? "" : ", ") + path.filename().string();
  return Error{.what = "the folder holds several models",
               .where = directory.string(),
               .expected = "one .gguf file",
               .got = names,
               .hint = "name the file"};
}

}  // namespace

std::uint64_t TensorInfo::items() const {
  std::uint64_t product = 1;
  for (const std::uint64_t dim : shape) product *= dim;
  return product;
}

const TensorInfo* Checkpoint::find(std::string_view name) const {
  const auto found = std::lower_bound(tensors.begin(), tensors.end(), name,
                                      [](const TensorInfo& t, std::string_view wanted) { return t.name < wanted; });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

Result<Checkpoint> open_checkpoint(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) return open_directory(path);
  const std::string extension = lower_extension(path);
  if (extension == ".safetensors") return open_safetensors(path);
  if (extension == ".gguf") return open_gguf(path);
  return Error{.what = fs::exists(status) ? "not a model" : "no such file or folder",
               .where = path.string(),
               .hint = kWhatModelMayBe};
}

}  // namespace sg
