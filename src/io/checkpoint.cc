#include "io/checkpoint.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/folder.h"
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

/// The GGUF files of a folder: a split model counts once, by its first file.
std::vector<fs::path> gguf_files(const fs::path& directory, const FileSource& source) {
  std::vector<fs::path> found;
  for (const fs::path& path : source.entries(directory)) {
    if (lower_extension(path) != ".gguf") continue;
    const auto split = parse_shard_name(path.filename().string(), ".gguf");
    if (!split || split->number == 1) found.push_back(path);
  }
  return found;
}

/// False for what is told to be no language model: "mmproj" and the older architecture "clip" are projectors of
/// images; also adapters, importance matrices, vocabularies (general.type of the GGUF specification).
bool is_language_model(const fs::path& path) {
  const Result<Checkpoint> file = open_gguf(path);
  if (!file.ok()) return true;  // what is wrong with it is for its reader to say
  const auto* type = file.value().meta<std::string_view>("general.type");
  const auto* architecture = file.value().meta<std::string_view>("general.architecture");
  return (type == nullptr || *type == "model") && (architecture == nullptr || *architecture != "clip");
}

/// The GGUF models of a folder; what lies beside a model is only looked at when there are several.
std::vector<fs::path> gguf_models(const fs::path& directory, const FileSource& source) {
  std::vector<fs::path> files = gguf_files(directory, source);
  if (files.size() < 2) return files;
  std::vector<fs::path> models;
  std::copy_if(files.begin(), files.end(), std::back_inserter(models), is_language_model);
  return models.empty() ? files : models;
}

/// By its first bytes: models of some programs, and the Hub's blobs, have names without an extension.
bool begins_as_gguf(const fs::path& path) {
  constexpr std::string_view kMagic = "GGUF";
  std::array<char, kMagic.size()> begin{};
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), begin.size()) && std::string_view(begin.data(), begin.size()) == kMagic;
}

Result<Checkpoint> open_directory(const fs::path& directory, std::shared_ptr<const FileSource> source) {
  const bool has_weights = source->is_present(directory / "model.safetensors") ||
                           source->is_present(directory / "model.safetensors.index.json");
  const std::vector<fs::path> ggufs = gguf_models(directory, *source);
  if (has_weights || ggufs.empty()) return open_safetensors(directory, std::move(source));
  if (ggufs.size() == 1) return open_gguf(ggufs.front(), std::move(source));
  std::string names;
  for (const fs::path& path : ggufs) names += (names.empty() ? "" : ", ") + path.filename().string();
  return Error{.what = "the folder holds several models",
               .where = directory.string(),
               .expected = "one .gguf file",
               .got = names,
               .hint = "name the file"};
}

Result<Checkpoint> open_any(const fs::path& path, std::shared_ptr<const FileSource> source) {
  if (source->is_folder(path)) return open_directory(path, std::move(source));
  const std::string extension = lower_extension(path);
  if (extension == ".safetensors") return open_safetensors(path, std::move(source));
  std::error_code ignored;
  // Only regular files are looked into: a pipe would lose its first bytes.
  if (extension == ".gguf" || (fs::is_regular_file(path, ignored) && begins_as_gguf(path)))
    return open_gguf(path, std::move(source));
  return Error{.what = is_there(path) ? "not a model" : "no such file or folder",
               .where = path.string(),
               .hint = kWhatModelMayBe};
}

}  // namespace

std::uint64_t TensorInfo::items() const {
  std::uint64_t product = 1;
  for (const std::uint64_t dim : shape) product *= dim;
  return product;
}

std::vector<std::span<const std::byte>> TensorInfo::ranges() const {
  if (packed != nullptr) return packed->parts;
  return {{data, bytes}};
}

namespace {

const TensorInfo* find_in(const std::vector<TensorInfo>& tensors, std::string_view name) {
  const auto found = std::lower_bound(tensors.begin(), tensors.end(), name,
                                      [](const TensorInfo& t, std::string_view wanted) { return t.name < wanted; });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

const TensorInfo* Checkpoint::find(std::string_view name) const {
  const TensorInfo* const whole = find_in(made.tensors, name);
  if (whole != nullptr) return whole;
  const TensorInfo* const stored = find_stored(name);
  return made.parts.contains(stored) ? nullptr : stored;
}

const TensorInfo* Checkpoint::find_stored(std::string_view name) const { return find_in(tensors, name); }

std::vector<std::filesystem::path> Checkpoint::model_files() const {
  std::vector<std::filesystem::path> paths;
  for (const FileMap& file : files) paths.push_back(file.path());
  if (format == Format::kGguf) return paths;
  const std::filesystem::path folder = is_folder(path) ? path : path.parent_path();
  for (const char* name :
       {"config.json", "generation_config.json", "hf_quant_config.json", "model.safetensors.index.json",
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "chat_template.jinja"}) {
    paths.push_back(folder / name);
  }
  return paths;
}

bool Checkpoint::is_remote() const {
  return std::any_of(files.begin(), files.end(), [](const FileMap& file) { return file.window() != nullptr; });
}

Result<void> Checkpoint::check() const {
  for (const FileMap& file : files) SG_TRY_VOID(file.check());
  return {};
}

Result<void> Checkpoint::check_unchanged() const {
  for (const FileMap& file : files) SG_TRY_VOID(file.check_unchanged());
  return {};
}

Result<Checkpoint> open_checkpoint(const fs::path& path, std::shared_ptr<const FileSource> source) {
  SG_TRY(Checkpoint opened, open_any(path, std::move(source)));
  SG_TRY_VOID(opened.check());
  return opened;
}

}  // namespace sg
