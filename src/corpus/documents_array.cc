// Documents that are ids in an array: .npy and .bin.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "corpus/documents.h"

namespace sg {
namespace {

std::string_view between(std::string_view text, std::string_view after, std::string_view before) {
  const std::size_t begin = text.find(after);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + after.size());
  return text.substr(0, text.find(before));
}

/// An item of an array as a person writes it.
std::string written(std::uint64_t bits, std::size_t item_bytes, bool is_signed) {
  const std::size_t above = 64 - 8 * item_bytes;
  return is_signed ? fmt::format("{}", static_cast<std::int64_t>(bits << above) >> above) : fmt::format("{}", bits);
}

}  // namespace

Result<void> DocumentReader::find_array_of_numpy(Array& array, std::uint64_t& items, std::uint64_t file_bytes) {
  // numpy.lib.format: \x93NUMPY, a version of two bytes, the header's length, the header, which is a Python dict.
  std::string head(12, '\0');
  stream_.read(head.data(), 12);
  if (!stream_ || head.substr(0, 6) != "\x93NUMPY") return wrong("is no .npy file");
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(head[i])); };
  const bool is_old = head[6] == 1;
  const std::uint64_t length = byte(8) | byte(9) << 8 | (is_old ? 0 : byte(10) << 16 | byte(11) << 24);
  array.begin = (is_old ? 10 : 12) + length;
  if (length > 65536 || array.begin > file_bytes) return wrong("the header of the .npy file is too long");
  std::string header(length, '\0');
  stream_.seekg(is_old ? 10 : 12);
  stream_.read(header.data(), static_cast<std::streamsize>(length));
  header.erase(header.find_last_not_of(" \n") + 1);  // its padding
  const std::string_view kind = between(header, "'descr': '", "'"), shape = between(header, "'shape': (", ")");
  static constexpr std::array<std::string_view, 8> kKinds = {"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"};
  const auto found = std::find(kKinds.begin(), kKinds.end(), kind);
  if (found == kKinds.end() || between(header, "'fortran_order': ", ",") != "False") {
    return wrong("ids in a .npy file are whole numbers of 8 to 64 bits, little endian, in C order", header);
  }
  array.item_bytes = std::size_t{1} << ((found - kKinds.begin()) / 2);
  array.is_signed = kind[1] == 'i';
  items = (file_bytes - array.begin) / array.item_bytes;
  const char* at = shape.data();
  const auto rows = std::from_chars(at, at + shape.size(), array.rows);
  at = rows.ptr;
  while (at < shape.data() + shape.size() && (*at == ',' || *at == ' ')) ++at;
  const auto columns = std::from_chars(at, shape.data() + shape.size(), array.columns);
  if (rows.ec != std::errc() || (columns.ec == std::errc() && columns.ptr != shape.data() + shape.size())) {
    return wrong("ids are one row or a table", header);
  }
  if (columns.ec != std::errc()) array.columns = 1;
  if (array.columns == 0) return wrong("the rows of the .npy file are empty", header);
  if (array.rows > items / array.columns) {
    return wrong("the .npy file is shorter than its header says", header);
  }
  if (columns.ec == std::errc()) return {};
  items = array.rows;
  array.columns = 0;
  return {};
}

Result<void> DocumentReader::find_array(std::uint64_t file_bytes) {
  Array array;
  std::uint64_t items = file_bytes / array.item_bytes;
  if (range_.form == DocumentForm::kNumpy) SG_TRY_VOID(find_array_of_numpy(array, items, file_bytes));
  if (range_.form == DocumentForm::kIds16 && file_bytes % array.item_bytes != 0) {
    return wrong("ids of two bytes make an even number of bytes", fmt::format("{} bytes", file_bytes));
  }
  if (array.columns == 0) {
    array.columns = options_.context;
    array.rows = (items + options_.context - 1) / options_.context;
  } else {
    items = array.rows * array.columns;
  }
  array_ = array;
  range_.end = std::min(range_.end, array.begin + items * array.item_bytes);
  at_ = std::max(at_, array.begin);
  return {};
}

Result<std::optional<CorpusDocument>> DocumentReader::next_row() {
  const std::uint64_t row_bytes = array_.columns * array_.item_bytes;
  if (at_ >= range_.end) return std::optional<CorpusDocument>();
  CorpusDocument document = {
      .begin = at_, .end = std::min(at_ + row_bytes, range_.end), .text = {}, .ids = {}, .is_text = false};
  std::string bytes(document.end - document.begin, '\0');
  stream_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream_) return wrong("cannot be read");
  for (std::size_t i = 0; i + array_.item_bytes <= bytes.size(); i += array_.item_bytes) {
    std::uint64_t id = 0;
    for (std::size_t b = 0; b < array_.item_bytes; ++b)
      id |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i + b])) << (8 * b);
    if (id > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()) ||
        (array_.is_signed && array_.item_bytes < 4 && id >> (8 * array_.item_bytes - 1) != 0)) {
      return wrong("an id is negative or too large", written(id, array_.item_bytes, array_.is_signed));
    }
    document.ids.push_back(static_cast<std::int32_t>(id));
  }
  at_ = document.end;
  return std::optional(std::move(document));
}

}  // namespace sg
