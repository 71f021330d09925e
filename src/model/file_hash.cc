#include "model/file_hash.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/sha.h"
#include "base/whole_file.h"
#include "io/hub_cache.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{1} << 20;  // read at once; stays in the second-level cache
constexpr std::size_t kDigits = 64;
// Between a write and the hash, for the sum to be kept: longer than the clock tick of any file system (FAT: two
// seconds).
constexpr auto kSettled = std::chrono::seconds(3);

fs::path entry_of(const FileState& file, const fs::path& kept) {
  return kept / fmt::format("{:x}-{:x}", file.device, file.inode);
}

/// What must still hold for the sum of the same line to be used.
std::string facts_of(const FileState& file) {
  return fmt::format("{} {} {}", file.size, file.written_ns, file.changed_ns);
}

std::optional<std::string> remembered(const FileState& file, const fs::path& kept) {
  std::ifstream in(entry_of(file, kept));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  const std::string facts = facts_of(file) + " ";
  if (line.size() != facts.size() + kDigits || !line.starts_with(facts)) return std::nullopt;
  std::string sum = line.substr(facts.size());
  if (sum.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return sum;
}

bool has_settled(const FileState& file) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto last = std::chrono::nanoseconds(std::max(file.written_ns, file.changed_ns));
  return last + kSettled < now;
}

/// Failures leave the cache as it was.
void remember(const FileState& file, const std::string& sum, const fs::path& kept) {
  std::error_code failure;
  fs::create_directories(kept, failure);
  Result<WholeFile> entry = WholeFile::create(entry_of(file, kept));
  if (!entry.ok()) return;
  const std::string line = facts_of(file) + " " + sum + "\n";
  if (::write(entry.value().descriptor(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) return;
  static_cast<void>(entry.value().finish());
}

Result<std::string> sum_of(const FileMap& file, const std::atomic<bool>* stop) {
  SG_TRY(const FileReader reader, FileReader::open(file));
  Sha256 hash;
  std::vector<std::byte> buffer(kPiece);
  for (std::uint64_t at = 0; at < file.state().size; at += kPiece) {
    if (stop != nullptr && stop->load()) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, file.state().size - at));
    SG_TRY_VOID(reader.read(at, {buffer.data(), size}));
    hash.add(buffer.data(), size);
  }
  SG_TRY_VOID(file.check_unchanged());  // a file written to meanwhile has no one sum
  return hash.hex();
}

}  // namespace

Result<std::string> file_hash(const FileMap& file, const std::atomic<bool>* stop, const fs::path& kept) {
  const FileState& state = file.state();
  if (kept.is_absolute()) {
    if (std::optional<std::string> sum = remembered(state, kept)) {
      SG_TRY_VOID(file.check_unchanged());
      return *std::move(sum);
    }
  }
  SG_TRY(std::string sum, sum_of(file, stop));
  if (kept.is_absolute() && has_settled(state)) remember(state, sum, kept);
  return sum;
}

Result<std::string> file_hash(const FileMap& file, const std::atomic<bool>* stop) {
  return file_hash(file, stop, own_cache_folder() / "hashes");
}

}  // namespace sg
