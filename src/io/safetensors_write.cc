#include "io/safetensors_write.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <numeric>
#include <optional>

#include "base/file_error.h"
#include "base/whole_file.h"

namespace sg {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little endian and nothing is swapped here");

constexpr std::size_t kHeaderAlignment = 8;  // of the data's start, as the reference writer pads

/// What to do about a full disk is more than a file can know.
Error with_hint(Error error) {
  if (!error.hint.empty())
    error.hint = "free some space, name another disk, or extract fewer sites, layers or positions";
  return error;
}

Error write_error(std::string what, const std::filesystem::path& where, int code) {
  return with_hint(file_error(std::move(what), where.string(), code));
}

/// A JSON string. Text that is not UTF-8 keeps its ASCII.
std::string json_string(std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string out = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\') {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += utf8 || byte < 0x80 ? c : '?';
    }
  }
  return out + '"';
}

struct Layout {
  std::string header;  // with its length in front, padded
  std::vector<std::uint64_t> begin, bytes;
  std::uint64_t total = 0;  // of the whole file
};

/// Widest items first, then by name, as the reference writer orders them: every tensor is aligned to its items.
Result<Layout> lay_out(const std::vector<TensorPlan>& tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto width = [&](std::size_t i) { return traits(tensors[i].dtype).block_bytes; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return width(a) != width(b) ? width(a) > width(b) : tensors[a].name < tensors[b].name;
  });
  Layout layout;
  layout.begin.resize(tensors.size());
  layout.bytes.resize(tensors.size());
  std::vector<std::string> entries;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata) pairs.push_back(json_string(key) + ":" + json_string(value));
    entries.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(pairs, ",")));
  }
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    const TensorPlan& t = tensors[i];
    SG_CHECK(traits(t.dtype).block_items == 1, "safetensors holds plain types only");
    std::uint64_t items = 1;
    bool overflow = false;
    for (const std::uint64_t dim : t.shape) overflow = overflow || __builtin_mul_overflow(items, dim, &items);
    const std::optional<std::size_t> bytes = overflow ? std::nullopt : byte_size(t.dtype, items);
    layout.begin[i] = end;
    if (!bytes || __builtin_add_overflow(end, *bytes, &end) || end > std::uint64_t{1} << 62)
      return Error{.kind = ErrorKind::kResource, .what = "the tensors are larger than any file", .where = t.name};
    layout.bytes[i] = *bytes;
    entries.push_back(fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                                  json_string(t.name), name(t.dtype), fmt::join(t.shape, ","), layout.begin[i], end));
  }
  std::string json = fmt::format("{{{}}}", fmt::join(entries, ","));
  json.append((kHeaderAlignment - json.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  const std::uint64_t length = json.size();
  layout.header.assign(reinterpret_cast<const char*>(&length), sizeof length);
  layout.header += json;
  layout.total = layout.header.size() + end;
  return layout;
}

/// 0, or why it failed.
int write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

struct SafetensorsWriter::State {
  std::filesystem::path target;
  std::optional<WholeFile> whole;  // or
  int direct = -1;                 // the descriptor of what is no regular file
  Layout layout;
  std::uint64_t missing = 0;  // bytes not written yet

  int fd() const { return whole ? whole->descriptor() : direct; }
  ~State() {
    if (direct >= 0) ::close(direct);
  }
};

SafetensorsWriter::SafetensorsWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SafetensorsWriter::SafetensorsWriter(SafetensorsWriter&&) noexcept = default;
SafetensorsWriter& SafetensorsWriter::operator=(SafetensorsWriter&&) noexcept = default;
SafetensorsWriter::~SafetensorsWriter() = default;

Result<SafetensorsWriter> SafetensorsWriter::create(const std::filesystem::path& target,
                                                    const std::vector<TensorPlan>& tensors,
                                                    const std::vector<std::pair<std::string, std::string>>& metadata) {
  auto state = std::make_unique<State>();
  SG_TRY(state->layout, lay_out(tensors, metadata));
  state->missing = state->layout.total - state->layout.header.size();
  state->target = write_target(target);
  struct stat info = {};
  const bool exists = ::stat(state->target.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return write_error("is a folder, a file was expected", target, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    state->direct = ::open(state->target.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (state->direct < 0 || ::lseek(state->direct, 0, SEEK_CUR) < 0) {
      return Error{.what = "cannot be written in any order of its parts",
                   .where = target.string(),
                   .expected = "a regular file",
                   .got = "a pipe or socket"};
    }
  } else {
    SG_TRY(WholeFile whole, WholeFile::create(state->target));
    state->whole.emplace(std::move(whole));
    const int full = ::posix_fallocate(state->fd(), 0, static_cast<off_t>(state->layout.total));
    if (full != 0 && full != EOPNOTSUPP && full != EINVAL) return write_error("there is no room for it", target, full);
  }
  const std::span<const char> header = state->layout.header;
  if (const int code = write_at(state->fd(), 0, std::as_bytes(header)); code != 0)
    return write_error("cannot be written", target, code);
  return SafetensorsWriter(std::move(state));
}

Result<void> SafetensorsWriter::write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes) {
  const Layout& layout = state_->layout;
  SG_CHECK(offset <= layout.bytes[tensor] && bytes.size() <= layout.bytes[tensor] - offset, "write inside the tensor");
  const int code = write_at(state_->fd(), layout.header.size() + layout.begin[tensor] + offset, bytes);
  if (code != 0) return write_error("cannot be written", state_->target, code);
  state_->missing -= bytes.size();
  return {};
}

Result<void> SafetensorsWriter::finish() {
  SG_CHECK(state_->missing == 0, "every byte has been written");
  if (!state_->whole) return {};
  Result<void> done = state_->whole->finish();
  return done.ok() ? Result<void>() : with_hint(std::move(done).error());
}

std::uint64_t SafetensorsWriter::file_bytes() const { return state_->layout.total; }

}  // namespace sg
