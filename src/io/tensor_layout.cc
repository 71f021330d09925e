#include "io/tensor_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <numeric>
#include <optional>

namespace sg {
namespace {

constexpr std::size_t kHeaderAlignment = 8;  // of safetensors' data, as the reference writer pads
constexpr std::size_t kNumpyAlignment = 64;  // of numpy's
constexpr std::uint64_t kLargest = std::uint64_t{1} << 62;

/// A JSON string. Text that is not UTF-8 keeps its ASCII.
std::string json_string(std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string out = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\') {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += utf8 || byte < 0x80 ? c : '?';
    }
  }
  return out + '"';
}

/// Bytes of a tensor that begins at `begin`.
Result<std::uint64_t> bytes_of(const TensorPlan& t, std::uint64_t begin) {
  SG_CHECK(traits(t.dtype).block_items == 1, "files of tensors hold plain types only");
  std::uint64_t items = 1, end = begin;
  bool overflow = false;
  for (const std::uint64_t dim : t.shape) overflow = overflow || __builtin_mul_overflow(items, dim, &items);
  const std::optional<std::size_t> bytes = overflow ? std::nullopt : byte_size(t.dtype, items);
  if (!bytes || __builtin_add_overflow(end, *bytes, &end) || end > kLargest)
    return Error{.kind = ErrorKind::kResource, .what = "the tensors are larger than any file", .where = t.name};
  return std::uint64_t{*bytes};
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

/// The head of a .npy file.
std::string npy_header(const TensorPlan& t) {
  const std::string_view type = t.dtype == DType::kF32 ? "<f4" : "<i8";
  SG_CHECK(t.dtype == DType::kF32 || t.dtype == DType::kI64, "numpy files hold float32 and int64");
  std::string shape = fmt::format("{}", fmt::join(t.shape, ", "));
  if (t.shape.size() == 1) shape += ",";
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
  constexpr std::size_t kBefore = 10;  // magic, version and length
  const std::size_t size = (kBefore + text.size() + 1 + kNumpyAlignment - 1) / kNumpyAlignment * kNumpyAlignment;
  text.append(size - kBefore - text.size() - 1, ' ').append("\n");
  return std::string("\x93NUMPY\x01", 7) + '\0' + little_endian(text.size(), 2) + text;
}

constexpr std::uint64_t kElsewhere = 0xffffffff;  // a size that stands in the 64-bit field
constexpr std::uint64_t kZipVersion = 45;         // of 64-bit sizes
constexpr std::uint64_t kZipDate = 0x21;          // 1980-01-01: the same file whenever it is written
constexpr std::uint64_t kNoSum = 0;               // until it is known

/// The fields that an entry's head and its line in the directory share, and where the sum stands in them.
std::string zip_fields(const std::string& name, std::uint64_t extra) {
  return little_endian(kZipVersion, 2) + little_endian(0, 2) + little_endian(0, 2) + little_endian(0, 2) +
         little_endian(kZipDate, 2) + little_endian(kNoSum, 4) + little_endian(kElsewhere, 4) +
         little_endian(kElsewhere, 4) + little_endian(name.size(), 2) + little_endian(extra, 2);
}
constexpr std::uint64_t kSumInHead = 14, kSumInDirectory = 16;

std::string zip_head(const std::string& name, std::uint64_t bytes) {
  return little_endian(0x04034b50, 4) + zip_fields(name, 20) + name + little_endian(1, 2) + little_endian(16, 2) +
         little_endian(bytes, 8) + little_endian(bytes, 8);
}

std::string zip_directory_line(const std::string& name, std::uint64_t bytes, std::uint64_t at) {
  return little_endian(0x02014b50, 4) + little_endian(kZipVersion, 2) + zip_fields(name, 28) + little_endian(0, 2) +
         little_endian(0, 2) + little_endian(0, 2) + little_endian(0, 4) + little_endian(kElsewhere, 4) + name +
         little_endian(1, 2) + little_endian(24, 2) + little_endian(bytes, 8) + little_endian(bytes, 8) +
         little_endian(at, 8);
}

std::string zip_end(std::uint64_t entries, std::uint64_t at, std::uint64_t size) {
  return little_endian(0x06064b50, 4) + little_endian(44, 8) + little_endian(kZipVersion, 2) +
         little_endian(kZipVersion, 2) + little_endian(0, 8) + little_endian(entries, 8) + little_endian(entries, 8) +
         little_endian(size, 8) + little_endian(at, 8) + little_endian(0x07064b50, 4) + little_endian(0, 4) +
         little_endian(at + size, 8) + little_endian(1, 4) + little_endian(0x06054b50, 4) + little_endian(0, 4) +
         little_endian(0xffff, 2) + little_endian(0xffff, 2) + little_endian(kElsewhere, 4) +
         little_endian(kElsewhere, 4) + little_endian(0, 2);
}

}  // namespace

Result<TensorLayout> safetensors_layout(const std::vector<TensorPlan>& tensors,
                                        const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto width = [&](std::size_t i) { return traits(tensors[i].dtype).block_bytes; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return width(a) != width(b) ? width(a) > width(b) : tensors[a].name < tensors[b].name;
  });
  TensorLayout layout;
  layout.begin.resize(tensors.size());
  layout.bytes.resize(tensors.size());
  std::vector<std::string> entries;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata) pairs.push_back(json_string(key) + ":" + json_string(value));
    entries.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(pairs, ",")));
  }
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    const TensorPlan& t = tensors[i];
    layout.begin[i] = end;
    SG_TRY(layout.bytes[i], bytes_of(t, end));
    end += layout.bytes[i];
    entries.push_back(fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                                  json_string(t.name), name(t.dtype), fmt::join(t.shape, ","), layout.begin[i], end));
  }
  std::string json = fmt::format("{{{}}}", fmt::join(entries, ","));
  json.append((kHeaderAlignment - json.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  const std::string header = little_endian(json.size(), 8) + json;
  for (std::uint64_t& begin : layout.begin) begin += header.size();
  layout.total = header.size() + end;
  layout.pieces.emplace_back(0, header);
  return layout;
}

Result<TensorLayout> npy_layout(const TensorPlan& tensor) {
  const std::string header = npy_header(tensor);
  TensorLayout layout;
  SG_TRY(const std::uint64_t bytes, bytes_of(tensor, header.size()));
  layout.begin = {header.size()};
  layout.bytes = {bytes};
  layout.total = header.size() + bytes;
  layout.pieces.emplace_back(0, header);
  return layout;
}

Result<TensorLayout> npz_layout(const std::vector<TensorPlan>& tensors) {
  TensorLayout layout;
  std::string directory;
  for (const TensorPlan& t : tensors) {
    const std::string name = t.name + ".npy", numpy = npy_header(t);
    const std::uint64_t at = layout.total;
    SG_TRY(const std::uint64_t bytes, bytes_of(t, at + numpy.size()));
    const std::string head = zip_head(name, numpy.size() + bytes);
    layout.entries.push_back({.sum_at = at + kSumInHead,
                              .directory_sum_at = directory.size() + kSumInDirectory,
                              .begin = at + head.size(),
                              .bytes = numpy.size() + bytes});
    layout.pieces.emplace_back(at, head + numpy);
    layout.begin.push_back(at + head.size() + numpy.size());
    layout.bytes.push_back(bytes);
    layout.total = layout.begin.back() + bytes;
    directory += zip_directory_line(name, numpy.size() + bytes, at);
  }
  for (TensorLayout::Entry& entry : layout.entries) entry.directory_sum_at += layout.total;
  const std::string end = zip_end(tensors.size(), layout.total, directory.size());
  layout.pieces.emplace_back(layout.total, directory + end);
  layout.total += directory.size() + end.size();
  return layout;
}

}  // namespace sg
