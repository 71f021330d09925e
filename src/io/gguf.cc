#include "io/gguf.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "io/byte_reader.h"
#include "io/gguf_types.h"
#include "io/gguf_value.h"
#include "io/in_quotes.h"

namespace sg {
namespace {

constexpr std::uint64_t kMinKeyValueBytes = 8 + 4 + 1;      // empty key, type, one byte
constexpr std::uint64_t kMinTensorBytes = 8 + 4 + 4 + 8;    // empty name, no dimensions, type, offset
constexpr std::uint64_t kMaxKeyBytes = 65535;               // the format's limit
constexpr std::uint64_t kMaxTensorName = 64, kMaxDims = 4;  // the format's limits
constexpr std::uint64_t kDefaultAlignment = 32;

/// What the file says about one tensor, before the data section's place is known.
struct Entry {
  TensorInfo info;
  std::uint64_t offset = 0;
};

class GgufParser {
 public:
  GgufParser(std::span<const std::byte> file, std::string_view where) : file_(file), where_(where), in_(file) {}

  Result<GgufContents> parse() {
    SG_TRY_VOID(read_header());
    for (std::uint64_t i = 0; i < key_values_; ++i) SG_TRY_VOID(read_key_value());
    SG_TRY_VOID(read_alignment());
    entries_.reserve(static_cast<std::size_t>(tensors_));
    for (std::uint64_t i = 0; i < tensors_; ++i) SG_TRY_VOID(read_tensor());
    SG_TRY_VOID(place_tensors());
    return std::move(out_);
  }

 private:
  Error fail(std::string what, std::string expected = {}, std::string got = {}, std::string hint = {}) const {
    return {.what = std::move(what),
            .where = std::string(where_),
            .expected = std::move(expected),
            .got = std::move(got),
            .hint = std::move(hint)};
  }
  Error truncated(std::string_view reading) const {
    return fail(fmt::format("the file ends inside {}", reading), {}, fmt::format("{} bytes", file_.size()),
                "the file is truncated: download it again");
  }

  Result<void> read_header();
  Result<void> read_key_value();
  Result<void> read_alignment();
  Result<void> read_tensor();
  Result<void> place_tensors();
  Result<void> check_overlaps() const;

  std::span<const std::byte> file_;
  std::string_view where_;
  ByteReader in_;
  std::uint64_t tensors_ = 0, key_values_ = 0;
  std::uint64_t alignment_ = kDefaultAlignment;
  std::vector<Entry> entries_;
  GgufContents out_;
};

Result<void> GgufParser::read_header() {
  constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
  std::uint32_t magic = 0;
  if (!in_.read(magic) || magic != kMagic) {
    return fail("not a GGUF file", "the first bytes 'GGUF'",
                in_quotes({reinterpret_cast<const char*>(file_.data()), std::min<std::size_t>(4, file_.size())}));
  }
  if (!in_.read(out_.version)) return truncated("the version");
  if (out_.version == 1) {
    return fail("GGUF version 1 is obsolete", "version 2 or 3", "1",
                "convert the model again with a current llama.cpp");
  }
  if (out_.version != 2 && out_.version != 3) {
    const bool swapped = (out_.version & 0xffffu) == 0 && out_.version != 0;
    return swapped ? fail("the GGUF file is big-endian", "a little-endian file", {}, "convert it to little-endian")
                   : fail("unknown GGUF version", "2 or 3", fmt::format("{}", out_.version));
  }
  if (!in_.read(tensors_) || !in_.read(key_values_)) return truncated("the header");
  if (key_values_ > in_.left() / kMinKeyValueBytes) {
    return fail("more key-values than the file has room for", {}, fmt::format("{}", key_values_));
  }
  if (tensors_ > in_.left() / kMinTensorBytes) {
    return fail("more tensors than the file has room for", {}, fmt::format("{}", tensors_));
  }
  return {};
}

Result<void> GgufParser::read_key_value() {
  std::string_view key;
  std::uint32_t type = 0;
  if (!in_.read_string(key)) return truncated(fmt::format("key {} of {}", out_.metadata.size() + 1, key_values_));
  if (key.size() > kMaxKeyBytes) {
    return fail("a key is too long", fmt::format("at most {} bytes", kMaxKeyBytes), fmt::format("{}", key.size()));
  }
  const std::string name = in_quotes(key);
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return fail("a key is not printable ASCII", {}, name);
  }
  if (!in_.read(type)) return truncated("the type of " + name);
  SG_TRY(MetaValue value, read_gguf_value(in_, type, {where_, name}));
  if (!out_.metadata.emplace(key, std::move(value)).second) return fail("key " + name + " stands twice in the file");
  return {};
}

Result<void> GgufParser::read_alignment() {
  const auto found = out_.metadata.find("general.alignment");
  if (found == out_.metadata.end()) return {};
  const auto* value = std::get_if<std::uint64_t>(&found->second);
  if (value == nullptr || *value == 0 || *value % 8 != 0 || *value > std::numeric_limits<std::uint32_t>::max()) {
    return fail("general.alignment is not usable", "a u32 that is a multiple of 8",
                value == nullptr ? "another type" : fmt::format("{}", *value));
  }
  alignment_ = *value;
  return {};
}

Result<void> GgufParser::read_tensor() {
  const std::string number = fmt::format("tensor {} of {}", entries_.size() + 1, tensors_);
  std::string_view name;
  std::uint32_t dims = 0, type = 0;
  Entry entry;
  if (!in_.read_string(name) || !in_.read(dims)) return truncated("the list of tensors, at " + number);
  const std::string text = in_quotes(name);
  if (name.size() > kMaxTensorName) {
    return fail("the name of " + number + " is too long", fmt::format("at most {} bytes", kMaxTensorName),
                fmt::format("{}: {}", name.size(), text));
  }
  if (dims > kMaxDims) {
    return fail("too many dimensions of tensor " + text, fmt::format("at most {}", kMaxDims), fmt::format("{}", dims));
  }
  entry.info.name = name;
  entry.info.shape.resize(dims);
  for (std::uint64_t& dim : entry.info.shape) {
    if (!in_.read(dim)) return truncated("the list of tensors, at " + text);
  }
  if (!in_.read(type) || !in_.read(entry.offset)) return truncated("the list of tensors, at " + text);
  const std::optional<DType> dtype = gguf_dtype(type);
  if (!dtype) {
    return fail(fmt::format("{} of tensor {} is not supported", gguf_type_text(type), text), gguf_supported_types());
  }
  entry.info.dtype = *dtype;
  std::uint64_t items = 1;
  bool overflow = false;
  for (const std::uint64_t dim : entry.info.shape) overflow = overflow || __builtin_mul_overflow(items, dim, &items);
  const std::uint64_t row = dims == 0 ? 1 : entry.info.shape[0];
  const auto bytes = byte_size(*dtype, items);
  if (overflow || row % traits(*dtype).block_items != 0 || !bytes) {
    return fail("the shape of tensor " + text + " is not possible",
                fmt::format("rows of whole blocks of {} items, and a size below 2^64", traits(*dtype).block_items),
                fmt::format("{} [{}], fastest first", traits(*dtype).name, fmt::join(entry.info.shape, ", ")));
  }
  entry.info.bytes = *bytes;
  std::reverse(entry.info.shape.begin(), entry.info.shape.end());
  entries_.push_back(std::move(entry));
  return {};
}

Result<void> GgufParser::place_tensors() {
  const std::uint64_t position = in_.position();
  const std::uint64_t data = position + (alignment_ - position % alignment_) % alignment_;
  const std::uint64_t held = file_.size() > data ? file_.size() - data : 0;
  for (Entry& entry : entries_) {
    const std::string name = in_quotes(entry.info.name);
    if (entry.offset % alignment_ != 0) {
      return fail("the offset of tensor " + name + " is not aligned", fmt::format("a multiple of {}", alignment_),
                  fmt::format("{}", entry.offset));
    }
    if (entry.offset > held || entry.info.bytes > held - entry.offset) {
      return fail("tensor " + name + " reaches past the end of the file",
                  fmt::format("{} bytes from offset {}", entry.info.bytes, entry.offset),
                  fmt::format("a data section of {} bytes", held), "the file is truncated: download it again");
    }
    entry.info.data = file_.data() + (entry.info.bytes == 0 ? position : data + entry.offset);
  }
  SG_TRY_VOID(check_overlaps());
  for (Entry& entry : entries_) out_.tensors.push_back(std::move(entry.info));
  auto& tensors = out_.tensors;
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != tensors.end()) return fail("tensor " + in_quotes(twice->name) + " stands twice in the file");
  return {};
}

Result<void> GgufParser::check_overlaps() const {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) {
    if (entry.info.bytes > 0) order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) { return a->offset < b->offset; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i]->offset - order[i - 1]->offset >= order[i - 1]->info.bytes) continue;
    return fail(
        fmt::format("tensors {} and {} overlap", in_quotes(order[i - 1]->info.name), in_quotes(order[i]->info.name)),
        {}, fmt::format("offsets {} and {}", order[i - 1]->offset, order[i]->offset));
  }
  return {};
}

}  // namespace

Result<GgufContents> parse_gguf(std::span<const std::byte> file, std::string_view where) {
  return GgufParser(file, where).parse();
}

}  // namespace sg
