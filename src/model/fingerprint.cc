// The identity of a checkpoint, of a sample or of every byte (docs/adr/0015).
#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/sha.h"
#include "io/window.h"
#include "model/file_hash.h"
#include "model/model.h"

namespace sg {
namespace {

// Of each tensor: this many evenly spaced windows of this many bytes. 1 KiB a tensor tells two checkpoints of one
// architecture apart unless they agree in every sampled weight, and costs milliseconds for hundreds of tensors.
constexpr std::size_t kWindows = 16;
constexpr std::size_t kWindowBytes = 64;

/// With its length before it, so that two texts are not one longer text.
void add_text(Sha256& hash, std::string_view text) {
  const std::uint64_t size = text.size();
  hash.add(&size, sizeof(size));
  hash.add(text);
}

bool lies_in(const FileMap& file, const std::byte* data) {
  const std::byte* const first = file.bytes().data();
  return std::greater_equal<>()(data, first) && std::less<>()(data, first + file.bytes().size());
}

/// Parts of one mapped file, read past the mapping where the file can be opened again; else what is mapped stands, as
/// for a file that was removed. check_unchanged tells what became of one that was changed.
class Parts {
 public:
  explicit Parts(const FileMap& file) : file_(file) {
    Result<FileReader> reader = FileReader::open(file, FileReader::Order::kScattered);
    if (reader.ok()) reader_.emplace(std::move(reader).value());
  }
  /// A tensor whose bytes were put together in memory does not lie in the file.
  void add(Sha256& hash, const std::byte* data, std::size_t size) const {
    std::array<std::byte, kWindowBytes * kWindows> buffer;
    const bool readable = reader_ && size <= buffer.size() && lies_in(file_, data);
    const auto offset = readable ? static_cast<std::uint64_t>(data - file_.bytes().data()) : 0;
    const bool read = readable && reader_->read(offset, {buffer.data(), size}).ok();
    hash.add(read ? buffer.data() : data, size);
  }

 private:
  const FileMap& file_;
  std::optional<FileReader> reader_;
};

/// Bytes of the file before its first tensor: all of its metadata, whatever it says. They were read to open it.
std::size_t header_bytes(const Checkpoint& checkpoint, std::size_t file) {
  const std::span<const std::byte> bytes = checkpoint.files[file].bytes();
  const std::byte* first = bytes.data() + bytes.size();
  for (const TensorInfo& tensor : checkpoint.tensors) {
    if (lies_in(checkpoint.files[file], tensor.data)) first = std::min(first, tensor.data);
  }
  return static_cast<std::size_t>(first - bytes.data());
}

/// visit(begin, size) for each part of a tensor's sample.
template <class Visit>
void for_each_part(const TensorInfo& tensor, Visit&& visit) {
  if (tensor.bytes <= kWindows * kWindowBytes) return visit(std::size_t{0}, tensor.bytes);
  const std::size_t step = tensor.bytes / kWindows;
  for (std::size_t w = 0; w < kWindows; ++w) visit(w * step, std::min(kWindowBytes, tensor.bytes - w * step));
}

void add_sample(Sha256& hash, const TensorInfo& tensor, const Parts& parts) {
  for_each_part(tensor, [&](std::size_t begin, std::size_t size) { parts.add(hash, tensor.data + begin, size); });
}

}  // namespace

std::string fingerprint(const Model& model) {
  const Checkpoint& c = model.checkpoint;
  Sha256 hash;
  add_text(hash, "sample");
  add_text(hash, c.config_json);
  if (!c.quantization_json.empty()) add_text(hash, c.quantization_json);
  for (std::size_t f = 0; f < c.files.size(); ++f) {
    const Parts parts(c.files[f]);
    if (Window* window = c.files[f].window()) static_cast<void>(window->gather_spots());  // check() tells of a failure
    const std::uint64_t header = header_bytes(c, f);
    pin(c.files[f].bytes().first(header));
    hash.add(&header, sizeof(header));
    hash.add(c.files[f].bytes().data(), header);
    for (const TensorInfo& tensor : c.tensors) {
      if (static_cast<std::size_t>(tensor.file) == f) add_sample(hash, tensor, parts);
    }
  }
  return hash.hex();
}

void expect_fingerprint(const Model& model) {
  const Checkpoint& c = model.checkpoint;
  for (std::size_t f = 0; f < c.files.size(); ++f) {
    Window* const window = c.files[f].window();
    if (window == nullptr) continue;
    std::vector<ByteRange> spots;
    for (const TensorInfo& tensor : c.tensors) {
      if (static_cast<std::size_t>(tensor.file) != f || !lies_in(c.files[f], tensor.data)) continue;
      const auto offset = static_cast<std::uint64_t>(tensor.data - c.files[f].bytes().data());
      for_each_part(tensor, [&](std::size_t begin, std::size_t size) {
        spots.push_back({offset + begin, offset + begin + size});
      });
    }
    window->want_spots(spots);
  }
}

Result<std::string> content_hash(const Model& model, const std::atomic<bool>* stop) {
  Sha256 hash;
  add_text(hash, "content");
  add_text(hash, model.checkpoint.config_json);
  if (!model.checkpoint.quantization_json.empty()) add_text(hash, model.checkpoint.quantization_json);
  for (const FileMap& file : model.checkpoint.files) {
    SG_TRY(const std::string sum, file_hash(file, stop));
    add_text(hash, sum);
  }
  return hash.hex();
}

}  // namespace sg
