#include "hub/verifier.h"

#include <algorithm>
#include <vector>

namespace sg {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // read at once; stays in the second-level cache

Result<void> add_range(const PartFile& part, ByteRange range, std::vector<std::byte>& buffer, ContentSum& sum) {
  for (std::uint64_t at = range.begin; at < range.end;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, range.end - at));
    SG_TRY_VOID(part.read(at, {buffer.data(), size}));
    sum.add(buffer.data(), size);
    at += size;
  }
  return {};
}

}  // namespace

Result<std::string> sum_of(const HubFile& file, const PartFile& part) {
  ContentSum sum(file);
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kPiece, file.size));
  SG_TRY_VOID(add_range(part, {0, file.size}, buffer, sum));
  return sum.hex();
}

Verifier::Verifier(const HubFile& file, const PartFile& part) : file_(file), part_(part), thread_([this] { run(); }) {}

Verifier::~Verifier() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Verifier::follow(std::uint64_t end) {
  {
    const std::lock_guard lock(mutex_);
    if (end <= end_) return;
    end_ = end;
  }
  wake_.notify_one();
}

std::uint64_t Verifier::wait_beyond(std::uint64_t at) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return stop_ || end_ > at; });
  return stop_ ? at : end_;
}

Result<std::string> Verifier::add_all() {
  ContentSum sum(file_);
  std::vector<std::byte> buffer(kPiece);
  for (std::uint64_t at = 0; at < file_.size;) {
    // Not more at once than is soon done: the object may go.
    const std::uint64_t end = std::min(wait_beyond(at), at + 64 * kPiece);
    if (end == at) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
    SG_TRY_VOID(add_range(part_, {at, end}, buffer, sum));
    at = end;
  }
  return sum.hex();
}

void Verifier::run() {
  sum_ = add_all();
  // Here, not where the file gets its name: that thread has other files to fetch meanwhile.
  if (sum_.ok()) static_cast<void>(part_.flush());
  ready_.store(true);
}

}  // namespace sg
