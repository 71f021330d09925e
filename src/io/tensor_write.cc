#include "io/tensor_write.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <numeric>
#include <optional>

#include "base/file_error.h"
#include "base/whole_file.h"
#include "io/tensor_layout.h"

namespace sg {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little endian and nothing is swapped here");

/// What to do about a full disk is more than a file can know.
Error with_hint(Error error) {
  if (!error.hint.empty())
    error.hint = "free some space, name another disk, or extract fewer sites, layers or positions";
  return error;
}

Error write_error(std::string what, const std::filesystem::path& where, int code) {
  return with_hint(file_error(std::move(what), where.string(), code));
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

/// The sums of an archive's entries, once all of it is there; 0, or why it failed.
int write_sums(int fd, const TensorLayout& layout) {
  std::vector<std::byte> chunk(std::size_t{1} << 20);
  for (const TensorLayout::Entry& entry : layout.entries) {
    uLong sum = ::crc32(0, nullptr, 0);
    for (std::uint64_t done = 0; done < entry.bytes;) {
      const std::size_t size = std::min<std::uint64_t>(chunk.size(), entry.bytes - done);
      const ssize_t read = ::pread(fd, chunk.data(), size, static_cast<off_t>(entry.begin + done));
      if (read < 0 && errno == EINTR) continue;
      if (read <= 0) return read < 0 ? errno : EIO;
      sum = ::crc32(sum, reinterpret_cast<const Bytef*>(chunk.data()), static_cast<uInt>(read));
      done += static_cast<std::uint64_t>(read);
    }
    const auto stored = static_cast<std::uint32_t>(sum);
    for (const std::uint64_t at : {entry.sum_at, entry.directory_sum_at}) {
      if (const int code = write_at(fd, at, std::as_bytes(std::span(&stored, 1))); code != 0) return code;
    }
  }
  return 0;
}

/// By the extension of the file.
Result<TensorLayout> lay_out(const std::filesystem::path& file, const std::vector<TensorPlan>& tensors,
                             const std::vector<std::pair<std::string, std::string>>& metadata) {
  if (file.extension() == ".npz") return npz_layout(tensors);
  if (file.extension() != ".npy") return safetensors_layout(tensors, metadata);
  SG_CHECK(tensors.size() == 1, "a .npy file holds one tensor");
  return npy_layout(tensors.front());
}

}  // namespace

struct TensorWriter::State {
  std::filesystem::path target;
  std::optional<WholeFile> whole;  // or
  int direct = -1;                 // the descriptor of what is no regular file
  TensorLayout layout;
  std::uint64_t missing = 0;  // bytes not written yet

  int fd() const { return whole ? whole->descriptor() : direct; }
  ~State() {
    if (direct >= 0) ::close(direct);
  }
};

TensorWriter::TensorWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TensorWriter::TensorWriter(TensorWriter&&) noexcept = default;
TensorWriter& TensorWriter::operator=(TensorWriter&&) noexcept = default;
TensorWriter::~TensorWriter() = default;

Result<TensorWriter> TensorWriter::create(const std::filesystem::path& target, const std::vector<TensorPlan>& tensors,
                                          const std::vector<std::pair<std::string, std::string>>& metadata) {
  auto state = std::make_unique<State>();
  SG_TRY(state->layout, lay_out(target, tensors, metadata));
  state->missing = std::accumulate(state->layout.bytes.begin(), state->layout.bytes.end(), std::uint64_t{0});
  state->target = write_target(target);
  struct stat info = {};
  const bool exists = ::stat(state->target.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return write_error("is a folder, a file was expected", target, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    state->direct = ::open(state->target.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
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
  for (const auto& [at, text] : state->layout.pieces) {
    const int code = write_at(state->fd(), at, std::as_bytes(std::span<const char>(text)));
    if (code != 0) return write_error("cannot be written", target, code);
  }
  return TensorWriter(std::move(state));
}

Result<void> TensorWriter::write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes) {
  const TensorLayout& layout = state_->layout;
  SG_CHECK(offset <= layout.bytes[tensor] && bytes.size() <= layout.bytes[tensor] - offset, "write inside the tensor");
  const int code = write_at(state_->fd(), layout.begin[tensor] + offset, bytes);
  if (code != 0) return write_error("cannot be written", state_->target, code);
  state_->missing -= bytes.size();
  return {};
}

Result<void> TensorWriter::finish() {
  SG_CHECK(state_->missing == 0, "every byte has been written");
  if (!state_->whole) return {};
  if (const int code = write_sums(state_->fd(), state_->layout); code != 0) {
    return write_error("cannot be written", state_->target, code);
  }
  Result<void> done = state_->whole->finish();
  return done.ok() ? Result<void>() : with_hint(std::move(done).error());
}

std::uint64_t TensorWriter::file_bytes() const { return state_->layout.total; }

}  // namespace sg
