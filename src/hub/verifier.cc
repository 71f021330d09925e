#include "hub/verifier.h"

#include <algorithm>

namespace sg {
namespace {

constexpr std::uint64_t kAtOnce = std::uint64_t{64} << 20;  // soon done: the object may go meanwhile

Result<void> add_range(const PartFile& part, ByteRange range, ContentSum& sum) {
  return part.visit(range, [&sum](std::span<const std::byte> bytes) { sum.add(bytes.data(), bytes.size()); });
}

}  // namespace

Result<std::string> sum_of(const HubFile& file, const PartFile& part) {
  ContentSum sum(file);
  SG_TRY_VOID(add_range(part, {0, file.size}, sum));
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
  for (std::uint64_t at = 0; at < file_.size;) {
    const std::uint64_t end = std::min(wait_beyond(at), at + kAtOnce);
    if (end == at) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
    SG_TRY_VOID(add_range(part_, {at, end}, sum));
    at = end;
  }
  return sum.hex();
}

void Verifier::run() {
  sum_ = add_all();
  ready_.store(true);
}

}  // namespace sg
