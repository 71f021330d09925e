// Model: one opened checkpoint, its architecture resolved and every role bound; weights stay on disk.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/checkpoint.h"
#include "model/bind.h"
#include "model/config.h"
#include "model/spec.h"
#include "tokenizer/chat_source.h"
#include "tokenizer/tokenizer.h"

namespace sg {

/// Immutable and movable; safe to read from several threads.
struct Model {
  std::filesystem::path path;
  std::string id;  // for people: the folder's or file's name without its extension
  Checkpoint checkpoint;
  Config config;
  Spec spec;
  Bindings bindings;
  std::vector<std::string> notices;  // of all three

  /// Elements of every tensor that is read, a tied head counted once.
  std::uint64_t parameters() const;
  /// How most of the weights are stored: "BF16", "Q4_1".
  std::string dtype() const;
  std::uint64_t stored_bytes() const;
};

/// Opens without reading weights; milliseconds for any size. Running out of memory, threads or files is an error too.
Result<Model> open_model(const std::filesystem::path& path);
/// The same of a checkpoint that is open already, and was found at `path`.
Result<Model> open_model(Checkpoint checkpoint, const std::filesystem::path& path);

/// How precise the factor of Gemma's embedding is: rounded to the stored type of the table, as transformers computes
/// with a checkpoint in that type, or as a float32 load of it has it. Models without such a factor stay as they are.
enum class EmbedPrecision : std::uint8_t { kStored, kFloat32 };
/// Of a model that nobody has measured yet; says in its notices which it is, where the two differ.
void use_embed_scale(Model& model, EmbedPrecision precision);
/// From now on passes over the model compute as if in this type, rounding where transformers does (docs/numerics.md);
/// its notices say so. The factor of Gemma's embedding is then rounded to this type; back in float32 it is the stored
/// one. Not while anybody measures it.
void use_precision(Model& model, Precision precision);
/// Both. Error (usage): a float32 factor in a narrower type.
Result<void> use_types(Model& model, EmbedPrecision factor, Precision precision);
/// What the notices say of it; empty where there is one value.
std::string embed_scale_notice(const Spec& spec, EmbedPrecision precision);

/// The checkpoint's own tokenizer; an error when it has none or one that is not supported. A GGUF that holds only a
/// vocabulary is no model, and has one all the same.
Result<Tokenizer> load_tokenizer(const Checkpoint& checkpoint);
/// Its chat template with the special tokens that it may name; an error when it has none.
Result<ChatSource> load_chat_source(const Checkpoint& checkpoint);
inline Result<Tokenizer> load_tokenizer(const Model& model) { return load_tokenizer(model.checkpoint); }

/// True for a GGUF without tensors: a vocabulary, as tokenizers are tested with.
bool is_vocabulary_only(const Checkpoint& checkpoint);

/// Both say which model it is, as 64 hexadecimal digits of a SHA-256; names and places of files do not count.
/// fingerprint: every byte of metadata (config.json; the headers of the files, with the vocabulary of a GGUF), and a
/// fixed sample of each tensor, 1 KiB of it. Milliseconds for any size: for people, who want to know which model it is.
/// Two checkpoints that differ in a few weights may share it.
std::string fingerprint(const Model& model);
/// Of a model whose files are elsewhere: the sample is set aside while its weights pass through memory, so that
/// fingerprint() afterwards fetches only what did not. Nothing for files of this machine.
void expect_fingerprint(const Model& model);
/// content_hash: every byte. For whoever takes results of another process for results of this model: the key of a
/// store. Each file is read once and its sum is kept in the user's cache (model/file_hash.h, docs/adr/0015).
/// Errors: a file that cannot be read or was changed since it was opened; interrupted, by `stop`.
Result<std::string> content_hash(const Model& model, const std::atomic<bool>* stop = nullptr);

}  // namespace sg
