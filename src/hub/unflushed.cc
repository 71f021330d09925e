#include "hub/unflushed.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "hub/content_sum.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{1} << 20;
// The system writes what waits after half a minute at most; then there is little left to wait for.
constexpr auto kWrittenByNow = std::chrono::seconds(60);

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A line that names this start of the machine; empty where the system does not say.
const std::string& this_start() {
  static const std::string line = text_of("/proc/sys/kernel/random/boot_id");
  return line;
}

/// Of the whole file, whose name by content is `etag`: 64 digits are a SHA-256, others git's SHA-1.
bool is_sound(const fs::path& content, const std::string& etag) {
  std::error_code failure;
  HubFile file;
  file.size = fs::file_size(content, failure);
  constexpr std::size_t kSha256Digits = 64;
  (etag.size() == kSha256Digits ? file.sha256 : file.git_sha1) = etag;
  ContentSum sum(file);
  std::ifstream in(content, std::ios::binary);
  std::vector<char> piece(kPiece);
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
    sum.add(piece.data(), static_cast<std::size_t>(in.gcount()));
  return !failure && in.eof() && sum.hex() == etag;
}

bool reached_the_disk(const fs::path& content) {
  const int fd = ::open(content.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::fdatasync(fd) == 0;
  ::close(fd);
  return done;
}

void settle(const fs::path& mark) {
  std::error_code failure;
  const std::string text = text_of(mark);
  const bool of_this_start = !this_start().empty() && text.starts_with(this_start());
  // A mark that was cut off itself says nothing of where the content lies: in blobs/, as nearly always.
  const std::size_t line = text.find('\n');
  const fs::path content =
      line == std::string::npos || line + 1 == text.size()
          ? mark.parent_path().parent_path().parent_path() / mark.parent_path().filename() / "blobs" / mark.stem()
          : fs::path(text.substr(line + 1));
  if (of_this_start) {
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(mark, failure);
    if (failure || age <= kWrittenByNow || !reached_the_disk(content)) return;
  } else if (!is_sound(content, mark.stem()) || !reached_the_disk(content)) {
    fs::remove(content, failure);
  }
  fs::remove(mark, failure);
}

}  // namespace

bool mark_unflushed(const CacheLayout& layout, const HubFile& file, const fs::path& content) {
  const fs::path mark = layout.mark(file);
  std::error_code failure;
  fs::create_directories(mark.parent_path(), failure);
  const fs::path whole = fs::absolute(content, failure);
  if (failure || this_start().empty()) return false;
  std::ofstream out(mark, std::ios::binary);
  out << this_start() << whole.string();
  out.close();
  return !out.fail();
}

void settle_unflushed(const fs::path& cache, const fs::path& repo) {
  std::vector<fs::path> marks;
  std::error_code failure;
  for (fs::directory_iterator at(cache / ".locks" / repo.filename(), failure), end; !failure && at != end;
       at.increment(failure)) {
    if (at->path().extension() == ".unflushed") marks.push_back(at->path());
  }
  for (const fs::path& mark : marks) settle(mark);
}

}  // namespace sg
