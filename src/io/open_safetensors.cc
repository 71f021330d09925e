// From a folder or file to a Checkpoint: which files belong to a safetensors model, and their tensors together.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include <simdjson.h>

#include "base/folder.h"
#include "io/checkpoint.h"
#include "io/in_quotes.h"
#include "io/safetensors.h"
#include "io/safetensors_index.h"
#include "io/shard_name.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexSuffix = ".safetensors.index.json";
/// Above any configuration (those of real models are a few KB); a larger file is something else.
constexpr std::size_t kMaxConfigBytes = std::size_t{64} << 20;

bool name_below(const TensorInfo& tensor, const std::string& name) { return tensor.name < name; }

/// A small JSON file, whole.
Result<std::string> read_small(const fs::path& path, const FileSource& source) {
  SG_TRY(const FileMap file, source.open(path));
  if (file.bytes().size() > kMaxConfigBytes) {
    return Error{.what = "too long for a configuration",
                 .where = path.string(),
                 .expected = std::to_string(kMaxConfigBytes) + " bytes at most",
                 .got = std::to_string(file.bytes().size())};
  }
  pin(file.bytes());
  SG_TRY_VOID(file.check());
  return std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
}

Result<void> read_config(const fs::path& directory, Checkpoint& model) {
  const fs::path path = directory / "config.json", quantization = directory / "hf_quant_config.json";
  if (!model.source->is_present(path)) {
    return Error{.what = "config.json is missing",
                 .where = directory.string(),
                 .hint = "copy the config.json of the model beside its weights"};
  }
  SG_TRY(model.config_json, read_small(path, *model.source));
  if (model.source->is_present(quantization)) {
    SG_TRY(model.quantization_json, read_small(quantization, *model.source));
  }
  if (model.source->is_present(directory / "tokenizer.json")) model.tokenizer_json = directory / "tokenizer.json";
  return {};
}

/// Maps one file and appends its tensors: those of `wanted`, or all when it is null.
Result<void> add_file(const fs::path& path, const std::set<std::string, std::less<>>* wanted,
                      std::string_view index_name, Checkpoint& model) {
  SG_TRY(FileMap file, model.source->open(path));
  Result<SafetensorsHeader> parsed = parse_safetensors_header(file.bytes(), path.string());
  SG_TRY_VOID(file.check());  // bytes that could not be read explain whatever is wrong with them
  SG_TRY(SafetensorsHeader header, std::move(parsed));
  const int index = static_cast<int>(model.files.size());
  std::size_t taken = 0;
  for (TensorInfo& tensor : header.tensors) {
    if (wanted != nullptr && !wanted->contains(tensor.name)) continue;
    ++taken;
    tensor.file = index;
    model.tensors.push_back(std::move(tensor));
  }
  if (wanted != nullptr && taken != wanted->size()) {
    for (const std::string& name : *wanted) {
      const auto first = model.tensors.end() - static_cast<std::ptrdiff_t>(taken);  // ascending, as in the header
      const auto found = std::lower_bound(first, model.tensors.end(), name, name_below);
      if (found != model.tensors.end() && found->name == name) continue;
      return Error{.what = "tensor " + in_quotes(name) + " is not in the shard that " + std::string(index_name) +
                           " names for it",
                   .where = path.string(),
                   .hint = "index and shards are of different downloads"};
    }
  }
  if (index == 0) {
    for (const auto& [key, text] : header.metadata) {
      model.metadata.emplace(key, std::string_view(model.strings.emplace_back(text)));
    }
  }
  std::move(header.warnings.begin(), header.warnings.end(), std::back_inserter(model.warnings));
  model.files.push_back(std::move(file));
  return {};
}

Result<void> add_shards(const fs::path& index_path, Checkpoint& model) {
  SG_TRY(const FileMap index, model.source->open(index_path));
  pin(index.bytes());
  SG_TRY_VOID(index.check());
  SG_TRY(const ShardMap shards, parse_safetensors_index(index.bytes(), index_path.string()));
  const std::string index_name = index_path.filename().string();
  std::vector<fs::path> paths;
  for (const auto& [name, tensors] : shards) paths.push_back(index_path.parent_path() / name);
  model.source->expect(paths);
  for (const auto& [name, tensors] : shards) {
    const fs::path path = index_path.parent_path() / name;
    if (!model.source->is_present(path)) {
      return Error{.what = "shard " + in_quotes(name) + " is missing",
                   .where = index_path.string(),
                   .hint = "download the missing file into the same folder"};
    }
    SG_TRY_VOID(add_file(path, &tensors, index_name, model));
  }
  std::sort(model.tensors.begin(), model.tensors.end(),
            [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
  return {};
}

/// The folder of a PEFT adapter: differences to the weights of another model.
std::optional<Error> adapter_error(const fs::path& directory, const FileSource& source) {
  const fs::path path = directory / "adapter_config.json";
  if (!source.is_present(path)) return std::nullopt;
  std::string_view base;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const Result<FileMap> file = source.open(path);
  if (file.ok()) {
    const std::string text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    if (parser.parse(simdjson::padded_string(text)).get(root) == simdjson::SUCCESS) {
      if (root["base_model_name_or_path"].get(base) != simdjson::SUCCESS) base = "";
    }
  }
  const std::string of = base.empty() ? "BASE" : std::string(base);
  return Error{.what = "is a PEFT adapter and no model",
               .where = directory.string(),
               .expected = "the weights of a model",
               .got = base.empty() ? "an adapter" : "an adapter of " + of,
               .hint =
                   "merge it into its base with peft: PeftModel.from_pretrained(AutoModelForCausalLM."
                   "from_pretrained(\"" +
                   of + "\"), \"" + directory.string() + "\").merge_and_unload().save_pretrained(\"merged\")"};
}

Error no_weights(const fs::path& directory) {
  Error error{.what = "no weights",
              .where = directory.string(),
              .expected = std::string(kSingleFile) + " or model" + kIndexSuffix};
  for (const fs::path& path : entries_of(directory)) {
    const std::string name = path.filename().string();
    if (name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth")) {
      error.got = "weights in PyTorch's format (" + name + ")";
      error.hint = "pickled weights are not read; convert them to safetensors";
    }
  }
  return error;
}

Result<void> add_directory(const fs::path& directory, Checkpoint& model) {
  const bool has_weights = model.source->is_present(directory / kSingleFile) ||
                           model.source->is_present(directory / (std::string("model") + kIndexSuffix));
  if (!has_weights) {
    if (std::optional<Error> adapter = adapter_error(directory, *model.source)) return *std::move(adapter);
  }
  SG_TRY_VOID(read_config(directory, model));
  if (model.source->is_present(directory / kSingleFile)) return add_file(directory / kSingleFile, nullptr, "", model);
  const fs::path index = directory / (std::string("model") + kIndexSuffix);
  if (model.source->is_present(index)) return add_shards(index, model);
  return no_weights(directory);
}

/// A file that is one of several shards stands for all of them, through the index beside it.
Result<void> add_single(const fs::path& path, Checkpoint& model) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!model.source->is_present(path)) {
    SG_TRY(const FileMap missing, model.source->open(path));
  }
  if (path.filename().string().starts_with("adapter_")) {
    if (std::optional<Error> adapter = adapter_error(directory, *model.source)) return *std::move(adapter);
  }
  SG_TRY_VOID(read_config(directory, model));
  const auto shard = parse_shard_name(path.filename().string(), ".safetensors");
  if (!shard || shard->count == 1) return add_file(path, nullptr, "", model);
  const fs::path index = directory / (shard->stem + kIndexSuffix);
  if (model.source->is_present(index)) return add_shards(index, model);
  return Error{.what = "the file is one shard of several, and their index is missing",
               .where = path.string(),
               .expected = index.filename().string() + " beside it"};
}

}  // namespace

Result<Checkpoint> open_safetensors(const fs::path& directory_or_file, std::shared_ptr<const FileSource> source) {
  Checkpoint model;
  model.source = std::move(source);
  model.format = Format::kSafetensors;
  model.path = directory_or_file;
  SG_TRY_VOID(model.source->is_folder(directory_or_file) ? add_directory(directory_or_file, model)
                                                         : add_single(directory_or_file, model));
  return model;
}

}  // namespace sg
