#include "model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

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
  std::set<const TensorInfo*> seen;  // a head may be the embedding, and layers may share a block
  const auto all = [&](const RoleTensors& tensors) {
    for (const TensorInfo* tensor : tensors) {
      if (tensor != nullptr && seen.insert(tensor).second) visit(*tensor);
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

std::string embed_scale_notice(const Spec& spec, EmbedPrecision precision) {
  if (spec.embed_scale_stored == spec.embed_scale_float32) return "";
  if (precision == EmbedPrecision::kFloat32) {
    return fmt::format(
        "the embedding is scaled by {}, as a float32 load of the checkpoint has it; rounded to its type it is {}",
        spec.embed_scale_float32, spec.embed_scale_stored);
  }
  return fmt::format(
      "the embedding is scaled by {}, rounded to the checkpoint's type as transformers does in that type; a float32 "
      "load "
      "has {} (--embed-scale float32)",
      spec.embed_scale_stored, spec.embed_scale_float32);
}

void use_embed_scale(Model& model, EmbedPrecision precision) {
  Spec& spec = model.spec;
  const std::string before = embed_scale_notice(spec, EmbedPrecision::kStored);
  if (before.empty()) return;
  spec.embed_scale = precision == EmbedPrecision::kFloat32 ? spec.embed_scale_float32 : spec.embed_scale_stored;
  std::erase(model.notices, before);
  std::erase(model.notices, embed_scale_notice(spec, EmbedPrecision::kFloat32));
  model.notices.push_back(embed_scale_notice(spec, precision));
}

namespace {

std::string precision_notice(Precision precision) {
  return fmt::format("computed as if in {}, rounded where transformers rounds in that type", name(precision));
}

}  // namespace

void use_precision(Model& model, Precision precision) {
  Spec& spec = model.spec;
  if (precision == spec.precision) return;
  std::erase(model.notices, precision_notice(spec.precision));
  for (const EmbedPrecision each : {EmbedPrecision::kStored, EmbedPrecision::kFloat32})
    std::erase(model.notices, embed_scale_notice(spec, each));
  spec.precision = precision;
  if (precision == Precision::kFloat32) {
    spec.embed_scale = spec.embed_scale_stored;
    spec.layer_input_scale = spec.layer_input_scale_stored;
    if (std::string notice = embed_scale_notice(spec, EmbedPrecision::kStored); !notice.empty())
      model.notices.push_back(std::move(notice));
  } else {
    const bool constant = spec.family->embed.scale == EmbedScale::kSqrtWidth;  // a tensor of the model, not a number
    if (constant) spec.embed_scale = round_to(precision, spec.embed_scale_float32);
    spec.layer_input_scale = round_to(precision, spec.layer_input_scale_float32);
    model.notices.push_back(precision_notice(precision));
  }
  spec.shape_layers();
}

Result<void> use_types(Model& model, EmbedPrecision factor, Precision precision) {
  if (factor == EmbedPrecision::kFloat32 && precision != Precision::kFloat32) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "the factor of the embedding is of the type that is computed in",
                 .where = "the scale of the embedding",
                 .expected = "stored",
                 .got = fmt::format("float32 beside {}", name(precision)),
                 .hint = "Leave one of the two away"};
  }
  use_embed_scale(model, factor);
  use_precision(model, precision);
  return {};
}

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
  if (std::string notice = embed_scale_notice(model.spec, EmbedPrecision::kStored); !notice.empty()) {
    model.notices.push_back(std::move(notice));
  }
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

/// Files that stand in one folder, those that are there; their texts lie in memory while this lives.
class SideFiles {
 public:
  Result<void> open(const FileSource& source, const std::vector<std::filesystem::path>& paths) {
    for (const std::filesystem::path& path : paths) {
      names_.push_back(path.string());
      texts_.emplace_back();
      if (!source.is_present(path)) continue;
      SG_TRY(FileMap file, source.open(path));
      pin(file.bytes());
      SG_TRY_VOID(file.check());
      texts_.back() = {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
      maps_.push_back(std::move(file));
    }
    return {};
  }
  TokenizerFile operator[](std::size_t i) const { return {.json = texts_[i], .where = names_[i]}; }
  Result<void> check() const {
    for (const FileMap& file : maps_) SG_TRY_VOID(file.check());
    return {};
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::string_view> texts_;
  std::vector<FileMap> maps_;
};

/// tokenizer.json, and those of the files beside it that are there.
Result<Tokenizer> read_tokenizer_files(const FileSource& source, const std::filesystem::path& tokenizer_json) {
  const std::filesystem::path folder = tokenizer_json.parent_path();
  SideFiles files;
  SG_TRY_VOID(files.open(source, {tokenizer_json, folder / "tokenizer_config.json", folder / "special_tokens_map.json",
                                  folder / "added_tokens.json"}));
  Result<Tokenizer> read = Tokenizer::from_files(
      {.tokenizer = files[0], .config = files[1], .special_tokens_map = files[2], .added_tokens = files[3]});
  SG_TRY_VOID(files.check());
  return read;
}

Result<ChatSource> read_chat(const Checkpoint& c) {
  if (c.format == Format::kGguf) {
    return gguf_chat_source(c.meta<std::string_view>("tokenizer.chat_template"), gguf_vocab_of(c), c.path.string());
  }
  const std::filesystem::path folder = c.source->is_folder(c.path) ? c.path : c.path.parent_path();
  SideFiles files;
  SG_TRY_VOID(files.open(*c.source, {folder / "chat_template.jinja", folder / "tokenizer_config.json",
                                     folder / "chat_template.json", folder / "special_tokens_map.json"}));
  Result<ChatSource> read = read_chat_source(
      {.jinja = files[0], .config = files[1], .json = files[2], .special_tokens_map = files[3]}, c.path.string());
  SG_TRY_VOID(files.check());
  return read;
}

Error no_tokenizer_json(const Checkpoint& c) {
  const std::filesystem::path folder = c.source->is_folder(c.path) ? c.path : c.path.parent_path();
  std::string there;
  for (const char* name : {"tokenizer.model", "vocab.json", "tekken.json"}) {
    if (there.empty() && c.source->is_present(folder / name)) there = name;
  }
  return {.what = "no tokenizer.json beside the weights",
          .where = c.path.string(),
          .got = there.empty() ? "" : there + " alone",
          .hint = "make it with transformers: AutoTokenizer.from_pretrained(\"" + folder.string() +
                  "\").save_pretrained(\"" + folder.string() + "\")"};
}

Result<Tokenizer> read_tokenizer(const Checkpoint& c) {
  if (c.format == Format::kSafetensors) {
    if (c.tokenizer_json.empty()) {
      return no_tokenizer_json(c);
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

Result<ChatSource> load_chat_source(const Checkpoint& c) {
  return caught([&]() -> Result<ChatSource> {
    SG_TRY(ChatSource source, read_chat(c));
    SG_TRY_VOID(c.check());
    return source;
  });
}

Result<Tokenizer> load_tokenizer(const Checkpoint& c) {
  return caught([&]() -> Result<Tokenizer> {
    SG_TRY(Tokenizer tokenizer, read_tokenizer(c));
    SG_TRY_VOID(c.check());
    return tokenizer;
  });
}

}  // namespace sg
