#include "io/gguf_value.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>
#include <vector>

namespace sg {
namespace {

/// Numbers of the value types in a file.
enum class ValueType : std::uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64
};
constexpr std::uint32_t kValueTypes = 13;

/// Items of one array: 16 times more than the largest vocabularies have, and a bound on memory for hostile files.
constexpr std::uint64_t kMaxArrayItems = std::uint64_t{1} << 23;

class ValueReader {
 public:
  ValueReader(ByteReader& in, const GgufPlace& place) : in_(in), where_(place.where), key_(place.key) {}
  Result<void> read_value(std::uint32_t type);
  MetaValue take() { return std::move(value_); }

 private:
  Error fail(std::string what, std::string expected = {}, std::string got = {}) const {
    return {
        .what = std::move(what), .where = std::string(where_), .expected = std::move(expected), .got = std::move(got)};
  }
  Error truncated() const {
    Error error = fail("the file ends inside the value of " + key_);
    error.hint = "the file is truncated: download it again";
    return error;
  }

  Result<void> read_bool();
  Result<void> read_string();
  Result<void> read_array();
  template <class Stored, class Kept>
  Result<void> read_number();
  template <class Stored, class Kept>
  Result<void> read_numbers(std::uint64_t count);
  Result<void> read_strings(std::uint64_t count);

  ByteReader& in_;
  std::string_view where_;
  const std::string& key_;
  MetaValue value_;
};

Result<void> ValueReader::read_value(std::uint32_t type) {
  if (type >= kValueTypes) {
    return fail("unknown value type of key " + key_, fmt::format("below {}", kValueTypes), fmt::format("{}", type));
  }
  switch (static_cast<ValueType>(type)) {
    case ValueType::kU8: return read_number<std::uint8_t, std::uint64_t>();
    case ValueType::kI8: return read_number<std::int8_t, std::int64_t>();
    case ValueType::kU16: return read_number<std::uint16_t, std::uint64_t>();
    case ValueType::kI16: return read_number<std::int16_t, std::int64_t>();
    case ValueType::kU32: return read_number<std::uint32_t, std::uint64_t>();
    case ValueType::kI32: return read_number<std::int32_t, std::int64_t>();
    case ValueType::kF32: return read_number<float, double>();
    case ValueType::kBool: return read_bool();
    case ValueType::kString: return read_string();
    case ValueType::kArray: return read_array();
    case ValueType::kU64: return read_number<std::uint64_t, std::uint64_t>();
    case ValueType::kI64: return read_number<std::int64_t, std::int64_t>();
    case ValueType::kF64: return read_number<double, double>();
  }
  return fail("unknown value type of key " + key_);
}

template <class Stored, class Kept>
Result<void> ValueReader::read_number() {
  Stored value{};
  if (!in_.read(value)) return truncated();
  value_ = static_cast<Kept>(value);
  return {};
}

Result<void> ValueReader::read_bool() {
  std::uint8_t value = 0;
  if (!in_.read(value)) return truncated();
  if (value > 1) return fail("key " + key_ + " is not a boolean", "0 or 1", fmt::format("{}", value));
  value_ = value == 1;
  return {};
}

Result<void> ValueReader::read_string() {
  std::string_view text;
  if (!in_.read_string(text)) return truncated();
  value_ = text;
  return {};
}

Result<void> ValueReader::read_array() {
  std::uint32_t type = 0;
  std::uint64_t count = 0;
  if (!in_.read(type) || !in_.read(count)) return truncated();
  if (count > kMaxArrayItems) {
    return fail("array " + key_ + " is too long", fmt::format("at most {} items", kMaxArrayItems),
                fmt::format("{}", count));
  }
  if (type >= kValueTypes) {
    return fail("unknown item type of array " + key_, fmt::format("below {}", kValueTypes), fmt::format("{}", type));
  }
  switch (static_cast<ValueType>(type)) {
    case ValueType::kU8:
    case ValueType::kBool: return read_numbers<std::uint8_t, std::int64_t>(count);
    case ValueType::kI8: return read_numbers<std::int8_t, std::int64_t>(count);
    case ValueType::kU16: return read_numbers<std::uint16_t, std::int64_t>(count);
    case ValueType::kI16: return read_numbers<std::int16_t, std::int64_t>(count);
    case ValueType::kU32: return read_numbers<std::uint32_t, std::int64_t>(count);
    case ValueType::kI32: return read_numbers<std::int32_t, std::int64_t>(count);
    case ValueType::kF32: return read_numbers<float, double>(count);
    case ValueType::kU64: return read_numbers<std::uint64_t, std::int64_t>(count);
    case ValueType::kI64: return read_numbers<std::int64_t, std::int64_t>(count);
    case ValueType::kF64: return read_numbers<double, double>(count);
    case ValueType::kString: return read_strings(count);
    case ValueType::kArray: break;
  }
  return fail("array " + key_ + " holds arrays", "an array of numbers or strings");
}

template <class Stored, class Kept>
Result<void> ValueReader::read_numbers(std::uint64_t count) {
  if (count > in_.left() / sizeof(Stored)) return truncated();
  if constexpr (sizeof(Stored) == 1) {
    if (count > kMostByteNumbers) {
      value_ = MetaBytes{in_.take(static_cast<std::size_t>(count))};
      return {};
    }
  }
  std::vector<Kept> items(static_cast<std::size_t>(count));
  for (Kept& item : items) {
    Stored stored{};
    if (!in_.read(stored)) return truncated();
    if constexpr (std::is_same_v<Stored, std::uint64_t>) {
      if (!std::in_range<std::int64_t>(stored)) {
        return fail("array " + key_ + " holds a number above 2^63 - 1", {}, fmt::format("{}", stored));
      }
    }
    item = static_cast<Kept>(stored);
  }
  value_ = std::move(items);
  return {};
}

Result<void> ValueReader::read_strings(std::uint64_t count) {
  if (count > in_.left() / sizeof(std::uint64_t)) return truncated();
  std::vector<std::string_view> items(static_cast<std::size_t>(count));
  for (std::string_view& item : items) {
    if (!in_.read_string(item)) return truncated();
  }
  value_ = std::move(items);
  return {};
}

}  // namespace

Result<MetaValue> read_gguf_value(ByteReader& in, std::uint32_t type, const GgufPlace& place) {
  ValueReader reader(in, place);
  SG_TRY_VOID(reader.read_value(type));
  return reader.take();
}

}  // namespace sg
