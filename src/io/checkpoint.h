// Checkpoint: a model's files as named tensors and metadata, memory-mapped; nothing is converted or copied.
// Two readers make one: open_safetensors (a folder or file) and open_gguf. Files are hostile input: every
// size and offset is checked before it is used.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "io/file_map.h"
#include "io/file_source.h"
#include "kernel/packed.h"

namespace sg {

enum class Format : std::uint8_t { kSafetensors, kGguf };

/// One stored tensor. `data` points into a mapped file that the Checkpoint owns.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;  // row-major, slowest first (GGUF's order reversed)
  const std::byte* data = nullptr;
  std::size_t bytes = 0;
  int file = 0;  // index into Checkpoint::files
  // Not null: the numbers are made from several tensors (Checkpoint::made); data and dtype are then those of its codes,
  // bytes those of all of them.
  const PackedMatrix* packed = nullptr;

  /// How it is stored, for people: "BF16", "GPTQ 4 bit, groups of 128".
  std::string_view form() const { return packed != nullptr ? std::string_view(packed->form) : name_of_dtype(); }
  /// Every range of bytes that its numbers are made from.
  std::vector<std::span<const std::byte>> ranges() const;
  /// Product of the shape, 1 for a scalar; the readers have checked that it does not overflow.
  std::uint64_t items() const;

 private:
  std::string_view name_of_dtype() const { return sg::name(dtype); }
};

/// Matrices that a quantised checkpoint keeps as several tensors each, under the names that the plain ones would have.
/// Filled by model/forms. Addresses stay valid when it moves.
struct MadeMatrices {
  std::vector<TensorInfo> tensors;  // sorted by name
  std::deque<PackedMatrix> matrices;
  std::deque<std::array<float, 256>> tables;  // that matrices refer to
  std::set<const TensorInfo*> parts;  // stored tensors that they are made from, or that only say how to run them
  std::optional<std::array<unsigned, 3>> gptqmodel;  // the version of GPTQModel that wrote them, where it says so
};

/// Arrays of one-byte numbers with more items than this are kept as they are stored: such tables (character maps,
/// images) are no list of per-layer numbers, and as int64 would take eight times their place.
inline constexpr std::size_t kMostByteNumbers = 65536;
struct MetaBytes {
  std::string_view bytes;  // into a mapped file
};

/// GGUF metadata value. Numbers keep their signedness; arrays of numbers become int64 or double.
/// Booleans in arrays are 0 and 1. Strings are views into a mapped file or into Checkpoint::strings.
using MetaValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string_view>, MetaBytes>;

/// Owns its mappings; movable, and what points into it stays valid when it moves.
class Checkpoint {
 public:
  Format format = Format::kSafetensors;
  std::filesystem::path path;       // what the user named
  std::vector<FileMap> files;       // sorted by file name
  std::vector<TensorInfo> tensors;  // sorted by name
  std::string config_json;          // safetensors: config.json, whole; empty for GGUF
  std::string quantization_json;    // safetensors: hf_quant_config.json, whole; empty if there is none
  MadeMatrices made;
  std::filesystem::path tokenizer_json;  // safetensors: the file beside the weights; empty if there is none
  std::map<std::string, MetaValue, std::less<>>
      metadata;                       // GGUF: its key-values; safetensors: __metadata__ of the first file
  std::deque<std::string> strings;    // owns metadata that is not stored verbatim
  std::vector<std::string> warnings;  // what was accepted although a format discourages it
  std::shared_ptr<const FileSource> source = files_on_disk();  // where the files are, and those beside them
  std::size_t window = 2;  // layers in memory at a time, of files that are elsewhere (io/window.h)

  /// Whether any of its files is elsewhere: its weights cost a fetch.
  bool is_remote() const;

  /// The tensor of that name, or null: one that is made from several before one that is stored under the same name.
  /// Valid while the Checkpoint is.
  const TensorInfo* find(std::string_view name) const;
  /// The same, of the stored ones alone.
  const TensorInfo* find_stored(std::string_view name) const;

  /// The files that make the model: weights with all shards, configuration, tokenizer, as far as there are such.
  std::vector<std::filesystem::path> model_files() const;

  /// FileMap::check and FileMap::check_unchanged of every file: nothing that was read since is to be trusted, or kept,
  /// after an error. check is for every step of a long reading; check_unchanged for its end.
  Result<void> check() const;
  Result<void> check_unchanged() const;
  /// The metadata value of that key as T, or null when absent or of another type.
  template <class T>
  const T* meta(std::string_view key) const {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : std::get_if<T>(&found->second);
  }
};

/// MODEL of the command line: a directory with config.json and safetensors, a .safetensors file beside its
/// config.json, or a GGUF file, known by its extension or its first bytes (the first of a split one is enough). A
/// directory may hold one GGUF model; projectors, adapters and importance matrices beside it are not counted.
/// Errors: those of the readers, a file that cannot be read or lost bytes while it was.
Result<Checkpoint> open_checkpoint(const std::filesystem::path& path,
                                   std::shared_ptr<const FileSource> source = files_on_disk());
/// The two readers behind it. A directory that holds a single model as .gguf is opened by open_checkpoint.
Result<Checkpoint> open_safetensors(const std::filesystem::path& directory_or_file,
                                    std::shared_ptr<const FileSource> source = files_on_disk());
Result<Checkpoint> open_gguf(const std::filesystem::path& file,
                             std::shared_ptr<const FileSource> source = files_on_disk());

}  // namespace sg
