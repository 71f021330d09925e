#include "hub/flusher.h"

namespace sg {
namespace {

constexpr std::uint64_t kWorthwhile = std::uint64_t{32} << 20;  // bytes: some hundredths of a second of a disk

}  // namespace

Flusher::Flusher(const PartFile& part) : part_(part), thread_([this] { run(); }) {}

Flusher::~Flusher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Flusher::written(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ += bytes;
    if (waiting_ < kWorthwhile) return;
  }
  wake_.notify_one();
}

void Flusher::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || waiting_ >= kWorthwhile; });
    if (stop_) return;
    waiting_ = 0;
    lock.unlock();
    static_cast<void>(part_.flush());  // a failure is met again at the end, and told there
    lock.lock();
  }
}

}  // namespace sg
