#include "tasks/claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/file_error.h"
#include "base/text_file.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

/// A file that was not there before.
bool create(const fs::path& file, const std::string& content) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  static_cast<void>(write_all(fd, content, file.string()));
  ::close(fd);
  return true;
}

/// When a file was last written or touched, by its file system.
std::optional<std::chrono::system_clock::time_point> modified(const fs::path& file) {
  struct stat facts = {};
  if (::stat(file.c_str(), &facts) != 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(facts.st_mtim.tv_sec) +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(
             std::chrono::nanoseconds(facts.st_mtim.tv_nsec));
}

std::string host_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return host.data();
}

/// A process that has ended, also one whose parent has not taken note of it yet, which kill() still finds.
bool has_ended(::pid_t process) {
  if (::kill(process, 0) != 0) return errno == ESRCH;
  std::ifstream stream(fmt::format("/proc/{}/stat", process));  // "pid (name) state ...", see proc(5)
  std::string line;
  std::getline(stream, line);
  const std::size_t name_end = line.rfind(')');
  return name_end != std::string::npos && name_end + 2 < line.size() &&
         std::strchr("ZXx", line[name_end + 2]) != nullptr;
}

/// True when the claim is of a process of this machine that is no more, so that nobody need wait for the lease. A claim
/// that is just being written is nobody's yet.
bool owner_is_gone(const fs::path& file) {
  std::ifstream stream(file);
  std::string owner;
  std::getline(stream, owner);
  const std::size_t colon = owner.rfind(':');
  if (colon == std::string::npos || owner.substr(0, colon) != host_name()) return false;
  ::pid_t process = 0;
  const char* end = owner.data() + owner.size();
  const auto number = std::from_chars(owner.data() + colon + 1, end, process);
  if (number.ec != std::errc() || number.ptr != end || process <= 0) return false;
  return has_ended(process);
}

}  // namespace

std::string who_is_here() { return fmt::format("{}:{}", host_name(), ::getpid()); }

Lease Lease::in(const fs::path& folder, std::chrono::nanoseconds lasts) {
  const fs::path probe = folder / ("." + who_is_here());
  const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return {lasts};
  ::close(fd);
  const auto touched = ::utimensat(AT_FDCWD, probe.c_str(), nullptr, 0) == 0 ? modified(probe) : std::nullopt;
  const auto ahead = touched ? *touched - std::chrono::system_clock::now() : std::chrono::nanoseconds{0};
  ::unlink(probe.c_str());
  return {lasts, ahead};
}

ClaimState claim_state(const fs::path& file, const Lease& lease) {
  const auto renewed = modified(file);
  if (!renewed) return ClaimState::kNone;
  const auto age = std::chrono::system_clock::now() + lease.ahead - *renewed;
  return std::chrono::abs(age) > lease.time || owner_is_gone(file) ? ClaimState::kStale : ClaimState::kHeld;
}

Result<std::unique_ptr<Claim>> Claim::take(const fs::path& file, const Lease& lease) {
  std::error_code failure;
  fs::create_directories(file.parent_path(), failure);
  if (failure) return file_error("this folder cannot be made", file.parent_path().string(), failure.value());
  if (claim_state(file, lease) == ClaimState::kStale) {
    // One of those who see it takes it away; the others find that it is gone.
    const fs::path aside = file.string() + "." + who_is_here();
    if (::rename(file.c_str(), aside.c_str()) == 0) ::unlink(aside.c_str());
  }
  if (create(file, who_is_here() + "\n")) return std::unique_ptr<Claim>(new Claim(file, lease.time));
  if (errno == EEXIST) return std::unique_ptr<Claim>();
  return file_error("cannot be created", file.string(), errno);
}

Claim::Claim(fs::path file, std::chrono::nanoseconds lease) : file_(std::move(file)), lease_(lease) {
  try {
    renewer_ = std::thread([this] { renew(); });
  } catch (const std::system_error&) {
    // Without a thread the claim ages, and at worst the task is done twice.
  }
}

Claim::~Claim() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_all();
  if (renewer_.joinable()) renewer_.join();
  ::unlink(file_.c_str());
}

void Claim::renew() {
  std::unique_lock lock(mutex_);
  const auto pause = std::max<std::chrono::nanoseconds>(lease_ / 4, std::chrono::milliseconds(100));
  while (!wake_.wait_for(lock, pause, [this] { return done_; })) ::utimensat(AT_FDCWD, file_.c_str(), nullptr, 0);
}

}  // namespace sg
