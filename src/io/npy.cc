// numpy's .npy format, versions 1 to 3 (numpy.lib.format): magic, a Python literal that describes the array, numbers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "io/arrays_file.h"

namespace sg {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct NumpyType {
  std::string_view name;
  DType dtype;
};
constexpr NumpyType kTypes[] = {{"<f8", DType::kF64}, {"<f4", DType::kF32}, {"<f2", DType::kF16},
                                {"|i1", DType::kI8},  {"<i2", DType::kI16}, {"<i4", DType::kI32},
                                {"<i8", DType::kI64}, {"|u1", DType::kU8},  {"<u2", DType::kU16},
                                {"<u4", DType::kU32}, {"<u8", DType::kU64}, {"|b1", DType::kBool}};

Error not_numpy(std::string_view where, std::string what, std::string got) {
  return {.what = std::move(what),
          .where = std::string(where),
          .expected = "a file as numpy.save writes it",
          .got = std::move(got)};
}

/// The text behind 'key': in the header, up to what ends it.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key, std::string_view ends) {
  const std::size_t at = header.find("'" + std::string(key) + "'");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = header.substr(at + key.size() + 2);
  const std::size_t begin = rest.find_first_not_of(": ");
  if (begin == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(begin);
  const std::size_t end = rest.find_first_of(ends, 1);
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

/// "(3, 4" and "(3," as numbers.
std::optional<std::vector<std::uint64_t>> shape_of(std::string_view text) {
  if (!text.starts_with('(')) return std::nullopt;
  text.remove_prefix(1);
  std::vector<std::uint64_t> shape;
  while (true) {
    const std::size_t begin = text.find_first_not_of(", ");
    if (begin == std::string_view::npos) return shape;
    text.remove_prefix(begin);
    std::uint64_t extent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc()) return std::nullopt;
    shape.push_back(extent);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

std::optional<std::uint64_t> product(const std::vector<std::uint64_t>& shape) {
  std::uint64_t items = 1;
  for (const std::uint64_t extent : shape) {
    if (extent != 0 && items > std::numeric_limits<std::uint64_t>::max() / extent) return std::nullopt;
    items *= extent;
  }
  return items;
}

/// The header's text, and where the numbers begin.
struct Head {
  std::string_view text;
  std::size_t numbers = 0;
};
std::optional<Head> head_of(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || text.size() < 12) return std::nullopt;
  const bool wide = text[6] != 1;  // from version 2 on the header's length has four bytes
  const std::size_t begin = wide ? 12 : 10;
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, wide ? 4 : 2);
  if (text[6] < 1 || text[6] > 3 || text.size() - begin < length) return std::nullopt;
  return Head{text.substr(begin, length), begin + length};
}

}  // namespace

Result<TensorInfo> parse_npy(std::span<const std::byte> bytes, std::string_view name, std::string_view where) {
  const std::optional<Head> head = head_of(bytes);
  if (!head) return not_numpy(where, "not an array of numpy", fmt::format("{} bytes without its header", bytes.size()));
  const auto descr = value_of(head->text, "descr", ",}"), order = value_of(head->text, "fortran_order", ",}"),
             shape_text = value_of(head->text, "shape", ")");
  if (!descr || !order || !shape_text) return not_numpy(where, "a damaged header", std::string(head->text));
  if (*order != "False") return not_numpy(where, "an array in Fortran's order", std::string(*order));
  std::string_view type = *descr;
  if (type.size() > 2) type = type.substr(1, type.size() - 2);
  const auto* known = std::ranges::find(kTypes, type, &NumpyType::name);
  if (known == std::end(kTypes)) return not_numpy(where, "an array of another type", std::string(*descr));
  const auto shape = shape_of(*shape_text);
  const auto items = shape ? product(*shape) : std::nullopt;
  const auto size = items ? byte_size(known->dtype, *items) : std::nullopt;
  if (!size || bytes.size() - head->numbers < *size) {
    return not_numpy(where, "an array that ends early", fmt::format("{} bytes", bytes.size()));
  }
  TensorInfo info;
  info.name = name;
  info.dtype = known->dtype;
  info.shape = *shape;
  info.data = bytes.data() + head->numbers;
  info.bytes = *size;
  return info;
}

}  // namespace sg
