// ByteReader: little-endian values from a span that may end at any byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace sg {

/// Does not own the bytes. A read past the end returns false, reads nothing and leaves the position.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  template <class T>
  bool read(T& value) {
    static_assert(std::is_arithmetic_v<T>);
    if (left() < sizeof value) return false;
    std::memcpy(&value, bytes_.data() + position_, sizeof value);
    position_ += sizeof value;
    return true;
  }

  /// A u64 length and as many bytes.
  bool read_string(std::string_view& text) {
    std::uint64_t length = 0;
    const std::size_t start = position_;
    if (!read(length) || length > left()) {
      position_ = start;
      return false;
    }
    text = {reinterpret_cast<const char*>(bytes_.data() + position_), static_cast<std::size_t>(length)};
    position_ += static_cast<std::size_t>(length);
    return true;
  }

  /// The next bytes, as many as there are at most.
  std::string_view take(std::size_t count) {
    count = count < left() ? count : left();
    const std::string_view bytes(reinterpret_cast<const char*>(bytes_.data() + position_), count);
    position_ += count;
    return bytes;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

}  // namespace sg
