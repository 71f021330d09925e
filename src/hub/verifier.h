// Verifier: the sum of a file that is being fetched, by a thread of its own that follows the bytes as they come, so
// that it is known soon after the last of them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "hub/content_sum.h"
#include "hub/part_file.h"

namespace sg {

class Verifier {
 public:
  /// Both must stay where they are until this is gone.
  Verifier(const HubFile& file, const PartFile& part);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier();

  /// The bytes before `end` have come.
  void follow(std::uint64_t end);
  /// True when the sum is known, or reading failed.
  bool ready() const { return ready_.load(); }
  /// Once ready: the sum. Errors: the part cannot be read.
  const Result<std::string>& sum() const { return sum_; }

 private:
  void run();
  Result<std::string> add_all();
  /// Waits for bytes beyond `at`; how far they reach, or `at` itself when the object goes.
  std::uint64_t wait_beyond(std::uint64_t at);

  const HubFile file_;
  const PartFile& part_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t end_ = 0;
  bool stop_ = false;
  std::atomic<bool> ready_{false};
  Result<std::string> sum_ = std::string();
  std::thread thread_;  // last: it uses all of the above
};

/// The sum of a part that is whole, at once: for small files, which are not worth a thread.
Result<std::string> sum_of(const HubFile& file, const PartFile& part);

}  // namespace sg
