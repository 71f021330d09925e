// Model: one opened checkpoint, its architecture resolved and every role bound; weights stay on disk.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/checkpoint.h"
#include "model/bind.h"
#include "model/config.h"
#include "model/spec.h"
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

/// Opens without reading weights; milliseconds for any size.
Result<Model> open_model(const std::filesystem::path& path);
/// The same of a checkpoint that is open already, and was found at `path`.
Result<Model> open_model(Checkpoint checkpoint, const std::filesystem::path& path);

/// The checkpoint's own tokenizer; an error when it has none or one that is not supported.
Result<Tokenizer> load_tokenizer(const Model& model);

/// SHA-256 in hex over the configuration, every tensor's name, dtype and shape, and a fixed sample of each
/// tensor's bytes; `full` reads all bytes.
std::string fingerprint(const Model& model, bool full = false);

}  // namespace sg
