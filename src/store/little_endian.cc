#include "store/little_endian.h"

#include <bit>
#include <cstring>

namespace sg {
namespace {

template <class Bits>
void append(std::string& bytes, Bits bits) {
  for (unsigned shift = 0; shift < 8 * sizeof bits; shift += 8) bytes += static_cast<char>((bits >> shift) & 0xff);
}

template <class Bits>
Bits take(const char* bytes) {
  Bits bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i) {
    bits |= static_cast<Bits>(static_cast<Bits>(static_cast<unsigned char>(bytes[i])) << (8 * i));
  }
  return bits;
}

template <class Bits, class T>
std::string numbers_to_bytes(std::span<const T> values) {
  std::string bytes;
  bytes.reserve(values.size_bytes());
  for (const T value : values) append(bytes, std::bit_cast<Bits>(value));
  return bytes;
}

template <class Bits, class T>
bool numbers_from_bytes(std::string_view bytes, std::vector<T>& values) {
  values.clear();
  if (bytes.size() % sizeof(T) != 0) return false;
  values.reserve(bytes.size() / sizeof(T));
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    values.push_back(std::bit_cast<T>(take<Bits>(bytes.data() + at)));
  }
  return true;
}

template <class T>
std::string lists_to_bytes(const std::vector<std::vector<T>>& lists) {
  std::vector<std::string> texts;
  texts.reserve(lists.size());
  for (const std::vector<T>& list : lists) texts.push_back(to_bytes(std::span<const T>(list)));
  return to_bytes(texts);
}

template <class T>
bool lists_from_bytes(std::string_view bytes, std::vector<std::vector<T>>& lists) {
  std::vector<std::string> texts;
  lists.clear();
  bool whole = from_bytes(bytes, texts);
  for (std::size_t i = 0; whole && i < texts.size(); ++i) whole = from_bytes(texts[i], lists.emplace_back());
  if (!whole) lists.clear();
  return whole;
}

}  // namespace

std::string to_bytes(const std::vector<std::vector<double>>& lists) { return lists_to_bytes(lists); }
std::string to_bytes(const std::vector<std::vector<std::int32_t>>& lists) { return lists_to_bytes(lists); }

std::string to_bytes(std::span<const double> values) { return numbers_to_bytes<std::uint64_t>(values); }
std::string to_bytes(std::span<const std::int32_t> values) { return numbers_to_bytes<std::uint32_t>(values); }

std::string to_bytes(const std::vector<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) {
    append(bytes, static_cast<std::uint32_t>(value.size()));
    bytes += value;
  }
  return bytes;
}

bool from_bytes(std::string_view bytes, std::vector<double>& values) {
  return numbers_from_bytes<std::uint64_t>(bytes, values);
}
bool from_bytes(std::string_view bytes, std::vector<std::int32_t>& values) {
  return numbers_from_bytes<std::uint32_t>(bytes, values);
}

bool from_bytes(std::string_view bytes, std::vector<std::string>& values) {
  values.clear();
  if (bytes.empty()) return true;
  while (bytes.size() >= sizeof(std::uint32_t)) {
    const auto length = take<std::uint32_t>(bytes.data());
    bytes.remove_prefix(sizeof length);
    if (length > bytes.size()) break;
    values.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
    if (bytes.empty()) return true;
  }
  values.clear();
  return false;
}

bool from_bytes(std::string_view bytes, std::vector<std::vector<double>>& lists) {
  return lists_from_bytes(bytes, lists);
}
bool from_bytes(std::string_view bytes, std::vector<std::vector<std::int32_t>>& lists) {
  return lists_from_bytes(bytes, lists);
}

}  // namespace sg
