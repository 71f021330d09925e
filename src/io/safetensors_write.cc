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
#include <system_error>

namespace sg {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little endian and nothing is swapped here");

constexpr std::size_t kHeaderAlignment = 8;  // of the data's start, as the reference writer pads

Error io_error(std::string what, const std::filesystem::path& where, int code) {
  const bool rights_or_name = code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM || code == EISDIR;
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return {.kind = rights_or_name ? ErrorKind::kBadInput : ErrorKind::kResource,
          .what = std::move(what),
          .where = where.string(),
          .got = std::system_category().message(code),
          .hint = full ? "free some space, name another disk, or extract fewer sites, layers or positions" : ""};
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

/// The mode that a plain open(O_CREAT) would have given; mkstemp gives 0600.
mode_t mode_of_new_file(const std::filesystem::path& file) {
  struct stat old = {};
  if (::stat(file.c_str(), &old) == 0) return old.st_mode & 07777;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

struct SafetensorsWriter::State {
  std::filesystem::path target;  // links followed
  std::string temporary;         // empty: written directly
  int fd = -1;
  Layout layout;
  std::uint64_t missing = 0;  // bytes not written yet

  ~State() {
    if (fd >= 0) ::close(fd);
    if (fd >= 0 && !temporary.empty()) ::unlink(temporary.c_str());
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
  std::error_code ignored;
  state->target = std::filesystem::weakly_canonical(target, ignored);
  if (ignored || state->target.empty()) state->target = target;
  struct stat info = {};
  const bool exists = ::stat(state->target.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return io_error("is a folder, a file was expected", target, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    state->fd = ::open(state->target.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (state->fd < 0 || ::lseek(state->fd, 0, SEEK_CUR) < 0) {
      return Error{.what = "cannot be written in any order of its parts",
                   .where = target.string(),
                   .expected = "a regular file",
                   .got = "a pipe or socket"};
    }
  } else {
    state->temporary = (state->target.parent_path() / ("." + state->target.filename().string() + ".XXXXXX")).string();
    state->fd = ::mkstemp(state->temporary.data());
    if (state->fd < 0) return io_error("cannot be created", target, errno);
    const int full = ::posix_fallocate(state->fd, 0, static_cast<off_t>(state->layout.total));
    if (full != 0 && full != EOPNOTSUPP && full != EINVAL) return io_error("there is no room for it", target, full);
  }
  const std::span<const char> header = state->layout.header;
  if (const int code = write_at(state->fd, 0, std::as_bytes(header)); code != 0)
    return io_error("cannot be written", target, code);
  return SafetensorsWriter(std::move(state));
}

Result<void> SafetensorsWriter::write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes) {
  const Layout& layout = state_->layout;
  SG_CHECK(offset <= layout.bytes[tensor] && bytes.size() <= layout.bytes[tensor] - offset, "write inside the tensor");
  const int code = write_at(state_->fd, layout.header.size() + layout.begin[tensor] + offset, bytes);
  if (code != 0) return io_error("cannot be written", state_->target, code);
  state_->missing -= bytes.size();
  return {};
}

Result<void> SafetensorsWriter::finish() {
  SG_CHECK(state_->missing == 0, "every byte has been written");
  if (state_->temporary.empty()) return {};
  if (::fchmod(state_->fd, mode_of_new_file(state_->target)) != 0 || ::fsync(state_->fd) != 0 ||
      ::rename(state_->temporary.c_str(), state_->target.c_str()) != 0) {
    return io_error("cannot be written", state_->target, errno);
  }
  state_->temporary.clear();
  return {};
}

std::uint64_t SafetensorsWriter::file_bytes() const { return state_->layout.total; }

}  // namespace sg
