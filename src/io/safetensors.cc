#include "io/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "io/in_quotes.h"
#include "io/safetensors_types.h"
#include "io/window.h"

namespace sg {
namespace {

/// What the header says about one tensor, before it is held against the rest.
struct Entry {
  std::string name;
  const SafetensorsType* type = nullptr;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

class HeaderParser {
 public:
  HeaderParser(std::span<const std::byte> file, std::string_view where) : file_(file), where_(where) {}

  Result<SafetensorsHeader> parse() {
    SG_TRY(const std::string_view json, header_text());
    SG_TRY_VOID(read_json(json));
    SG_TRY_VOID(check_names());
    SG_TRY_VOID(check_layout());
    place_tensors();
    return std::move(header_);
  }

 private:
  Error fail(std::string what, std::string expected = {}, std::string got = {}, std::string hint = {}) const {
    return {.what = std::move(what),
            .where = std::string(where_),
            .expected = std::move(expected),
            .got = std::move(got),
            .hint = std::move(hint)};
  }
  Error malformed(std::string what, std::string expected = {}, std::string got = {}) const {
    return fail("InvalidHeaderDeserialization: " + std::move(what), std::move(expected), std::move(got));
  }

  Result<std::string_view> header_text();
  Result<void> read_json(std::string_view json);
  Result<void> read_metadata(simdjson::dom::element value);
  Result<Entry> read_entry(std::string_view name, simdjson::dom::element value) const;
  Result<std::vector<std::uint64_t>> read_naturals(const std::string& field, simdjson::dom::element value) const;
  Result<void> check_names();
  Result<void> check_layout();
  Result<void> check_size(const Entry& entry) const;
  void place_tensors();

  std::span<const std::byte> file_;
  std::string_view where_;
  std::size_t data_begin_ = 0;
  std::vector<Entry> entries_;
  SafetensorsHeader header_;
};

Result<std::string_view> HeaderParser::header_text() {
  constexpr std::size_t kPrefix = 8;  // the header's length as u64
  if (file_.size() < kPrefix) {
    return fail("HeaderTooSmall: no room for the length of the header", "at least 8 bytes",
                fmt::format("{} bytes", file_.size()), "the file is truncated: download it again");
  }
  std::uint64_t length = 0;
  pin(file_.first(kPrefix));
  std::memcpy(&length, file_.data(), kPrefix);
  if (length > kSafetensorsMaxHeader) {
    return fail("HeaderTooLarge: the header is longer than any reader takes",
                fmt::format("at most {} bytes", kSafetensorsMaxHeader), fmt::format("{}", length),
                "is this a safetensors file?");
  }
  if (length > file_.size() - kPrefix) {
    return fail("InvalidHeaderLength: the header reaches past the end of the file", fmt::format("{} bytes", length),
                fmt::format("{} bytes after the first 8", file_.size() - kPrefix),
                "the file is truncated: download it again");
  }
  data_begin_ = kPrefix + static_cast<std::size_t>(length);
  pin(file_.first(data_begin_));
  return std::string_view(reinterpret_cast<const char*>(file_.data() + kPrefix), static_cast<std::size_t>(length));
}

Result<void> HeaderParser::read_json(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto code = parser.parse(simdjson::padded_string(json)).get(root);
  if (code == simdjson::UTF8_ERROR) return fail("InvalidHeader: the header is not UTF-8");
  if (code == simdjson::MEMALLOC) {
    Error error = fail("no memory to read the header");
    error.kind = ErrorKind::kResource;
    return error;
  }
  if (code != simdjson::SUCCESS) return malformed("the header is not JSON", {}, simdjson::error_message(code));
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return malformed("the header is not a JSON object");
  if (json.front() != '{') header_.warnings.push_back(fmt::format("{}: the header does not start with '{{'", where_));
  bool metadata_seen = false;
  for (const auto field : object) {
    if (field.key != "__metadata__") {
      SG_TRY(Entry entry, read_entry(field.key, field.value));
      entries_.push_back(std::move(entry));
      continue;
    }
    if (std::exchange(metadata_seen, true)) return malformed("__metadata__ stands twice in the header");
    SG_TRY_VOID(read_metadata(field.value));
  }
  return {};
}

Result<void> HeaderParser::read_metadata(simdjson::dom::element value) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return malformed("__metadata__ is not an object");
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) {
      return malformed(fmt::format("__metadata__ holds more than strings, at {}", in_quotes(field.key)));
    }
    header_.metadata.emplace_back(field.key, text);
  }
  std::sort(header_.metadata.begin(), header_.metadata.end());
  const auto twice = std::adjacent_find(header_.metadata.begin(), header_.metadata.end(),
                                        [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != header_.metadata.end()) {
    return malformed(fmt::format("key {} stands twice in __metadata__", in_quotes(twice->first)));
  }
  return {};
}

Result<std::vector<std::uint64_t>> HeaderParser::read_naturals(const std::string& field,
                                                               simdjson::dom::element value) const {
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) return malformed(field + " is not an array");
  std::vector<std::uint64_t> numbers;
  for (const simdjson::dom::element item : array) {
    std::uint64_t number = 0;
    if (item.get(number) != simdjson::SUCCESS)
      return malformed(field + " holds something else than whole numbers >= 0");
    numbers.push_back(number);
  }
  return numbers;
}

Result<Entry> HeaderParser::read_entry(std::string_view name, simdjson::dom::element value) const {
  Entry entry;
  entry.name = name;
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS)
    return malformed(fmt::format("tensor {} is not an object", in_quotes(name)));
  unsigned dtypes = 0, shapes = 0, offsets = 0;
  for (const auto field : object) {
    const std::string what = fmt::format("{} of tensor {}", field.key, in_quotes(name));
    if (field.key == "dtype") {
      ++dtypes;
      std::string_view type;
      if (field.value.get(type) != simdjson::SUCCESS) return malformed(what + " is not a string");
      entry.type = safetensors_type(type);
      if (entry.type == nullptr) return malformed("unknown " + what, safetensors_supported_types(), in_quotes(type));
    } else if (field.key == "shape") {
      ++shapes;
      SG_TRY(entry.shape, read_naturals(what, field.value));
    } else if (field.key == "data_offsets") {
      ++offsets;
      SG_TRY(const auto pair, read_naturals(what, field.value));
      if (pair.size() != 2) return malformed(what, "2 numbers", fmt::format("{}", pair.size()));
      entry.begin = pair[0];
      entry.end = pair[1];
    }
  }
  if (dtypes != 1 || shapes != 1 || offsets != 1) {
    return malformed(fmt::format("tensor {}", in_quotes(name)), "dtype, shape and data_offsets, each once");
  }
  return entry;
}

Result<void> HeaderParser::check_names() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(entries_.begin(), entries_.end(),
                                        [](const Entry& a, const Entry& b) { return a.name == b.name; });
  if (twice != entries_.end())
    return malformed(fmt::format("tensor {} stands twice in the header", in_quotes(twice->name)));
  return {};
}

/// Tensors in order of their offsets fill the rest of the file: no hole, no overlap, nothing left over.
Result<void> HeaderParser::check_layout() {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const Entry* a, const Entry* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  std::uint64_t filled = 0;
  for (const Entry* entry : order) {
    if (entry->begin != filled || entry->end < entry->begin) {
      return fail(fmt::format("InvalidOffset: tensor {} leaves a hole, overlaps another or is reversed",
                              in_quotes(entry->name)),
                  fmt::format("data_offsets from {} on", filled), fmt::format("[{}, {})", entry->begin, entry->end));
    }
    SG_TRY_VOID(check_size(*entry));
    filled = entry->end;
  }
  const std::size_t held = file_.size() - data_begin_;
  if (filled != held) {
    return fail("MetadataIncompleteBuffer: the header does not describe the whole file",
                fmt::format("{} bytes of tensors", filled), fmt::format("{} bytes", held),
                filled > held ? "the file is truncated: download it again" : "");
  }
  return {};
}

Result<void> HeaderParser::check_size(const Entry& entry) const {
  std::uint64_t bits = 1;
  bool overflow = false;
  for (const std::uint64_t dim : entry.shape) overflow = overflow || __builtin_mul_overflow(bits, dim, &bits);
  overflow = overflow || __builtin_mul_overflow(bits, std::uint64_t{entry.type->bits}, &bits);
  if (overflow) {
    return fail(fmt::format("ValidationOverflow: the size of tensor {} overflows 64 bits", in_quotes(entry.name)), {},
                fmt::format("shape [{}]", fmt::join(entry.shape, ", ")));
  }
  if (bits % 8 != 0) {
    return fail(fmt::format("MisalignedSlice: tensor {} ends inside a byte", in_quotes(entry.name)), {},
                fmt::format("{} bits", bits));
  }
  if (bits / 8 != entry.end - entry.begin) {
    return fail(fmt::format("TensorInvalidInfo: data_offsets of tensor {} do not fit its shape", in_quotes(entry.name)),
                fmt::format("{} bytes for {} [{}]", bits / 8, entry.type->name, fmt::join(entry.shape, ", ")),
                fmt::format("{}", entry.end - entry.begin));
  }
  if (!entry.type->dtype) {
    return fail(fmt::format("dtype {} of tensor {} is not supported", entry.type->name, in_quotes(entry.name)),
                safetensors_supported_types());
  }
  return {};
}

void HeaderParser::place_tensors() {
  for (Entry& entry : entries_) {
    header_.tensors.push_back({.name = std::move(entry.name),
                               .dtype = *entry.type->dtype,
                               .shape = std::move(entry.shape),
                               .data = file_.data() + data_begin_ + entry.begin,
                               .bytes = static_cast<std::size_t>(entry.end - entry.begin)});
  }
}

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> file, std::string_view where) {
  return HeaderParser(file, where).parse();
}

}  // namespace sg
