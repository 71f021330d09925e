#include "model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/caught.h"
#include "io/hub_cache.h"
#include "io/in_quotes.h"
#include "model/config_check.h"
#include "model/forms/forms.h"
#include "model/spec_from_tensors.h"
#include "tokenizer/gguf_keys.h"

namespace sg {
namespace {

template <class Visit>
void for_each_tensor(const Model& model, Visit&& visit) {
  const auto all = [&](const RoleTensors& tensors) {
    for (std::size_t r = 0; r < tensors.size(); ++r) {
      const bool repeats_embedding = static_cast<Role>(r) == Role::kHead && model.bindings.tied;
      if (tensors[r] != nullptr && !repeats_embedding) visit(*tensors[r]);
    }
  };
  all(model.bindings.model);
  for (const RoleTensors& layer : model.bindings.layers) all(layer);
  for (const auto& [role, parts] : model.bindings.parts) {
    for (const TensorInfo* tensor : parts) visit(*tensor);
  }
}

Result<Config> read_config(const Checkpoint& checkpoint) {
  if (checkpoint.format == Format::kGguf) return Config::from_gguf(checkpoint);
  return Config::from_json(checkpoint.config_json, (checkpoint.path / "config.json").string());
}

std::string display_name(const std::filesystem::path& path) {
  if (const std::optional<std::string> hub_id = hub_id_of(path)) return *hub_id;
  const std::optional<HubId> remote = parse_hub_id(path.string());
  if (remote && remote->scheme && is_commit(remote->revision)) return remote->repo;
  const std::filesystem::path last = path.has_filename() ? path.filename() : path.parent_path().filename();
  const std::string extension = last.extension().string();
  return extension == ".gguf" || extension == ".safetensors" ? last.stem().string() : last.string();
}

}  // namespace

bool is_vocabulary_only(const Checkpoint& checkpoint) {
  return checkpoint.format == Format::kGguf && checkpoint.tensors.empty() &&
         checkpoint.meta<std::vector<std::string_view>>("tokenizer.ggml.tokens") != nullptr;
}

namespace {

Error only_vocabulary(const Checkpoint& checkpoint) {
  const auto* architecture = checkpoint.meta<std::string_view>("general.architecture");
  const auto& tokens = *checkpoint.meta<std::vector<std::string_view>>("tokenizer.ggml.tokens");
  return {.what = "the file holds a vocabulary and no weights",
          .where = checkpoint.path.string(),
          .expected = "the weights of a model",
          .got = fmt::format("{} tokens{}", tokens.size(),
                             architecture == nullptr ? "" : fmt::format(" for {}", in_quotes(*architecture))),
          .hint = "streamgauge tokenize reads it"};
}

Result<Model> open_parts(Checkpoint checkpoint, const std::filesystem::path& path) {
  if (is_vocabulary_only(checkpoint)) return only_vocabulary(checkpoint);
  SG_TRY(Config config, read_config(checkpoint));
  std::vector<std::string> notices;
  SG_TRY_VOID(make_matrices(config, checkpoint, notices));
  SG_TRY(const Family* family, find_family(config));
  SG_TRY(Spec spec, resolve_spec(*family, config, checkpoint));
  SG_TRY(Bindings bindings, bind(spec, checkpoint));
  SG_TRY_VOID(complete_from_tensors(bindings, checkpoint, spec));
  SG_TRY(const std::vector<std::string> foreign, check_foreign_keys(spec, config));
  Model model{.path = path,
              .id = display_name(path),
              .checkpoint = std::move(checkpoint),
              .config = std::move(config),
              .spec = std::move(spec),
              .bindings = std::move(bindings),
              .notices = {}};
  model.notices = std::move(notices);
  model.notices.insert(model.notices.end(), model.spec.notices.begin(), model.spec.notices.end());
  model.notices.insert(model.notices.end(), model.bindings.notices.begin(), model.bindings.notices.end());
  model.notices.insert(model.notices.end(), foreign.begin(), foreign.end());
  if (model.checkpoint.format == Format::kGguf) {
    if (std::optional<std::string> notice = notice_of(gguf_vocab_of(model.checkpoint))) {
      model.notices.push_back(*std::move(notice));
    }
  }
  return model;
}

}  // namespace

Result<Model> open_model(const std::filesystem::path& path) {
  return caught([&]() -> Result<Model> {
    SG_TRY(Checkpoint checkpoint, open_checkpoint(path));
    return open_parts(std::move(checkpoint), path);
  });
}

Result<Model> open_model(Checkpoint checkpoint, const std::filesystem::path& path) {
  return caught([&] { return open_parts(std::move(checkpoint), path); });
}

std::uint64_t Model::parameters() const {
  std::uint64_t sum = 0;
  for_each_tensor(*this, [&](const TensorInfo& tensor) { sum += tensor.items(); });
  return sum;
}

std::uint64_t Model::stored_bytes() const {
  std::uint64_t sum = 0;
  for_each_tensor(*this, [&](const TensorInfo& tensor) { sum += tensor.bytes; });
  return sum;
}

std::string Model::dtype() const {
  // The linear layers decide: an embedding is often kept in a wider type than the rest.
  std::map<std::string_view, std::uint64_t> items;
  const auto count = [&](const TensorInfo* tensor) {
    if (tensor != nullptr && tensor->shape.size() >= 2) items[tensor->form()] += tensor->items();
  };
  for (const RoleTensors& layer : bindings.layers) std::ranges::for_each(layer, count);
  for (const auto& [role, parts] : bindings.parts) std::ranges::for_each(parts, count);
  std::string_view most = name(DType::kF32);
  std::uint64_t best = 0;
  for (const auto& [form, n] : items) {
    if (n > best) best = n, most = form;
  }
  return std::string(most);
}

namespace {

/// tokenizer.json, and those of the files beside it that are there.
Result<Tokenizer> read_tokenizer_files(const FileSource& source, const std::filesystem::path& tokenizer_json) {
  const char* names[] = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"};
  std::vector<std::string> paths;
  std::vector<FileMap> maps;
  std::vector<TokenizerFile> files(std::size(names));
  for (std::size_t i = 0; i < std::size(names); ++i) {
    const std::filesystem::path path = i == 0 ? tokenizer_json : tokenizer_json.parent_path() / names[i];
    paths.push_back(path.string());
    if (i > 0 && !source.is_present(path)) continue;
    SG_TRY(FileMap file, source.open(path));
    pin(file.bytes());
    SG_TRY_VOID(file.check());
    files[i].json = {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    maps.push_back(std::move(file));
  }
  for (std::size_t i = 0; i < std::size(names); ++i) files[i].where = paths[i];
  Result<Tokenizer> read = Tokenizer::from_files(
      {.tokenizer = files[0], .config = files[1], .special_tokens_map = files[2], .added_tokens = files[3]});
  for (const FileMap& file : maps) SG_TRY_VOID(file.check());
  return read;
}

Result<Tokenizer> read_tokenizer(const Checkpoint& c) {
  if (c.format == Format::kSafetensors) {
    if (c.tokenizer_json.empty()) {
      return Error{.what = "no tokenizer.json beside the weights",
                   .where = c.path.string(),
                   .hint = "save the tokenizer in its fast form"};
    }
    return read_tokenizer_files(*c.source, c.tokenizer_json);
  }
  const GgufVocab vocab = gguf_vocab_of(c);
  if (vocab.tokens.empty()) {
    return Error{.what = "the GGUF file carries no vocabulary", .where = c.path.string()};
  }
  return Tokenizer::from_gguf(vocab, c.path.string());
}

}  // namespace

Result<Tokenizer> load_tokenizer(const Checkpoint& c) {
  return caught([&]() -> Result<Tokenizer> {
    SG_TRY(Tokenizer tokenizer, read_tokenizer(c));
    SG_TRY_VOID(c.check());
    return tokenizer;
  });
}

}  // namespace sg
