// Tiny writers of the two formats, independent of the readers under test. They write what they are told, right
// or wrong, so that fault tests can build broken files.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sg::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

template <class T>
void put(std::string& out, T value) {
  static_assert(std::is_arithmetic_v<T>);
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.append(raw, sizeof value);
}

/// A JSON string; control characters, quotes and backslashes as \u00NN.
inline std::string json_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\') {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct StoredTensor {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;  // slowest first
  std::string data;
};

inline std::string joined(const std::vector<std::uint64_t>& numbers) {
  std::string out;
  for (const std::uint64_t n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
  return out;
}

/// A file around a header that is already text.
inline std::string safetensors_file(std::string_view header, std::string_view data) {
  std::string out;
  put(out, static_cast<std::uint64_t>(header.size()));
  return out.append(header).append(data);
}

/// Tensors in the order given; `metadata` is the text of the __metadata__ object, or empty.
inline std::string write_safetensors(const std::vector<StoredTensor>& tensors, const std::string& metadata = {}) {
  std::string header = "{", data;
  if (!metadata.empty()) header += "\"__metadata__\":" + metadata;
  for (const StoredTensor& t : tensors) {
    if (header.size() > 1) header += ',';
    header += json_text(t.name) + ":{\"dtype\":\"" + t.dtype + "\",\"shape\":[" + joined(t.shape) +
              "],\"data_offsets\":[" + std::to_string(data.size()) + "," + std::to_string(data.size() + t.data.size()) +
              "]}";
    data += t.data;
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  return safetensors_file(header, data);
}

/// Numbers of the value types in a GGUF file.
enum GgufValueType : std::uint32_t {
  kGgufU8,
  kGgufI8,
  kGgufU16,
  kGgufI16,
  kGgufU32,
  kGgufI32,
  kGgufF32,
  kGgufBool,
  kGgufString,
  kGgufArray,
  kGgufU64,
  kGgufI64,
  kGgufF64
};

class GgufWriter {
 public:
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;

  static std::string text(std::string_view value) {
    std::string out;
    put(out, static_cast<std::uint64_t>(value.size()));
    return out.append(value);
  }
  /// The stored form of one key-value; `value` is the stored form of the value.
  void key(std::string_view name, std::uint32_t type, std::string_view value) {
    key_values_ += text(name);
    put(key_values_, type);
    key_values_ += value;
    ++keys_;
  }
  template <class T>
  void number(std::string_view name, std::uint32_t type, T value) {
    std::string raw;
    put(raw, value);
    key(name, type, raw);
  }
  template <class T>
  void numbers(std::string_view name, std::uint32_t type, const std::vector<T>& values) {
    std::string raw;
    put(raw, type);
    put(raw, static_cast<std::uint64_t>(values.size()));
    for (const T value : values) put(raw, value);
    key(name, kGgufArray, raw);
  }
  void string(std::string_view name, std::string_view value) { key(name, kGgufString, text(value)); }
  void strings(std::string_view name, const std::vector<std::string>& values) {
    std::string raw;
    put(raw, static_cast<std::uint32_t>(kGgufString));
    put(raw, static_cast<std::uint64_t>(values.size()));
    for (const std::string& value : values) raw += text(value);
    key(name, kGgufArray, raw);
  }
  /// `type` is ggml's number; the shape is slowest first and written fastest first.
  void tensor(std::string_view name, std::uint32_t type, const std::vector<std::uint64_t>& shape,
              std::string_view data) {
    data_.append((alignment - data_.size() % alignment) % alignment, '\0');
    tensor_at(name, type, shape, data_.size());
    data_ += data;
  }
  /// Only the entry, at an offset of the caller's choice.
  void tensor_at(std::string_view name, std::uint32_t type, const std::vector<std::uint64_t>& shape,
                 std::uint64_t offset) {
    tensors_ += text(name);
    put(tensors_, static_cast<std::uint32_t>(shape.size()));
    for (auto dim = shape.rbegin(); dim != shape.rend(); ++dim) put(tensors_, *dim);
    put(tensors_, type);
    put(tensors_, offset);
    ++count_;
  }
  std::string file() const {
    std::string out = "GGUF";
    put(out, version);
    put(out, count_);
    put(out, keys_);
    out += key_values_ + tensors_;
    out.append((alignment - out.size() % alignment) % alignment, '\0');
    return out + data_;
  }

 private:
  std::string key_values_, tensors_, data_;
  std::uint64_t keys_ = 0, count_ = 0;
};

}  // namespace sg::test
