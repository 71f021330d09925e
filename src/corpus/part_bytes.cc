#include "corpus/part_bytes.h"

#include <fmt/format.h>

#include <bit>

namespace sg {

void PartWriter::number(std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

void PartWriter::count(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>((value & 0x7F) | 0x80));
  out_.push_back(static_cast<char>(value));
}

void PartWriter::integer(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  count(value < 0 ? ~(bits << 1) : bits << 1);
}

void PartWriter::real(double value) { number(std::bit_cast<std::uint64_t>(value), 8); }

void PartWriter::text(std::string_view value) {
  count(value.size());
  out_.append(value);
}

Error PartReader::wrong(std::string what) const {
  return {.what = std::move(what),
          .where = std::string(where_),
          .got = fmt::format("byte {} of {}", at_, bytes_.size()),
          .hint = "it is damaged: remove it, and it is computed again"};
}

Result<std::uint64_t> PartReader::number(std::size_t bytes) {
  if (bytes_.size() - at_ < bytes) return wrong("ends too soon");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at_ + i])) << (8 * i);
  at_ += bytes;
  return value;
}

Result<std::uint64_t> PartReader::count(std::uint64_t most) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    SG_TRY(const std::uint64_t byte, number(1));
    const std::uint64_t bits = byte & 0x7F;
    if (shift > 63 || (bits << shift) >> shift != bits) return wrong("a count is longer than 64 bits");
    value |= bits << shift;
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && shift > 0) return wrong("a count is not in its shortest form");
    if (value > most) return wrong(fmt::format("the count {} is above {}", value, most));
    return value;
  }
}

Result<std::size_t> PartReader::size(std::size_t bytes) { return count((bytes_.size() - at_) / bytes); }

Result<std::int64_t> PartReader::integer() {
  SG_TRY(const std::uint64_t bits, count());
  return static_cast<std::int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
}

Result<double> PartReader::real() {
  SG_TRY(const std::uint64_t bits, number(8));
  return std::bit_cast<double>(bits);
}

Result<std::string> PartReader::text() {
  SG_TRY(const std::size_t length, size(1));
  std::string value(bytes_.substr(at_, length));
  at_ += length;
  return value;
}

Result<void> PartReader::expect_end() const {
  if (at_ != bytes_.size()) return wrong("goes on after its end");
  return {};
}

}  // namespace sg
