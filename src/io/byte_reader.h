// ByteReader: little-endian values from a span that may end at any byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "io/window.h"

namespace sg {

/// Does not own the bytes. A read past the end returns false, reads nothing and leaves the position.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes)
      : bytes_(bytes), ready_(is_in_window(bytes.data()) ? 0 : bytes.size()) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  template <class T>
  bool read(T& value) {
    static_assert(std::is_arithmetic_v<T>);
    if (left() < sizeof value) return false;
    reach(sizeof value);
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
    reach(static_cast<std::size_t>(length));
    text = {reinterpret_cast<const char*>(bytes_.data() + position_), static_cast<std::size_t>(length)};
    position_ += static_cast<std::size_t>(length);
    return true;
  }

  /// The next bytes, as many as there are at most.
  std::string_view take(std::size_t count) {
    count = count < left() ? count : left();
    reach(count);
    const std::string_view bytes(reinterpret_cast<const char*>(bytes_.data() + position_), count);
    position_ += count;
    return bytes;
  }

 private:
  /// The next bytes of a file that is elsewhere, in steps: nobody knows yet how far its header goes.
  void reach(std::size_t count) {
    constexpr std::size_t kStep = std::size_t{1} << 20;
    const std::size_t end = position_ + count;
    if (end <= ready_) return;
    const std::size_t from = ready_;
    ready_ = end + kStep < bytes_.size() ? end + kStep : bytes_.size();
    pin(bytes_.subspan(from, ready_ - from));
  }

  std::span<const std::byte> bytes_;
  std::size_t ready_;  // bytes that are in memory
  std::size_t position_ = 0;
};

}  // namespace sg
