// A device in the process itself: kernels compiled by the host's compiler, run block by block and thread by thread.
// Nothing is done when it is queued, only when somebody waits, so that who reads too early reads what is not there.
#pragma once

#include <deque>
#include <functional>
#include <map>

#include "cuda/device.h"

namespace sg::cuda {

class EmulatedDevice : public Device {
 public:
  /// Which stream goes first where both could.
  struct Options {
    std::size_t memory = std::size_t{1} << 32;  // bytes of kDevice and kShared together
    Stream first = Stream::kCopies;
    std::size_t launches = SIZE_MAX;  // the device is lost after as many
    bool backwards = false;           // blocks and threads go from the last to the first
  };
  EmulatedDevice() : EmulatedDevice(Options{}) {}
  explicit EmulatedDevice(Options options) : options_(options) {}
  ~EmulatedDevice() override;

  DeviceFacts facts() const override;
  std::size_t free_memory() const override { return options_.memory - used_; }
  void* allocate(MemoryKind kind, std::size_t bytes) override;
  void release(MemoryKind kind, void* memory) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  Mark mark(Stream stream) override;
  void wait(Stream stream, Mark mark) override;
  void wait(Mark mark) override;
  void finish() override;

  /// What was copied to the device so far, and how often a kernel was started.
  std::size_t copied_bytes() const { return copied_; }
  std::size_t launches_of(KernelId kernel) const {
    const auto found = launches_.find(kernel);
    return found == launches_.end() ? 0 : found->second;
  }

 protected:
  void launch_bytes(KernelId kernel, Grid grid, const void* call, std::size_t bytes) override;

 private:
  /// One of a stream's queue: work, or a mark that is reached, or one that is waited for.
  struct Item {
    std::function<void()> work;
    Mark reached = 0, awaited = 0;
  };
  std::deque<Item>& queue(Stream stream) { return queues_[static_cast<std::size_t>(stream)]; }
  bool step(Stream stream);
  bool step();

  Options options_;
  std::deque<Item> queues_[2];
  std::map<Mark, bool> reached_;
  Mark last_mark_ = 0;
  std::map<void*, std::size_t> allocated_;
  std::size_t used_ = 0, copied_ = 0, launched_ = 0;
  std::map<KernelId, std::size_t> launches_;
};

}  // namespace sg::cuda
