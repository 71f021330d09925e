// Flusher: the bytes of a part go to the disk while more of them come, by a thread of its own, so that there is little
// to wait for at the end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "hub/part_file.h"

namespace sg {

class Flusher {
 public:
  /// The part must stay where it is until this is gone.
  explicit Flusher(const PartFile& part);
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;
  ~Flusher();  // ends behind the flush that is under way

  /// So many bytes were written.
  void written(std::uint64_t bytes);

 private:
  void run();

  const PartFile& part_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t waiting_ = 0;  // bytes that no flush has seen
  bool stop_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg
