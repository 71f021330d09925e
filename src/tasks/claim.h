// Claims: who is at work on which task, so that two do not do the same. Nothing but time depends on them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"

namespace sg {

/// A file that its owner renews, gone when the owner lets go. One that has not been renewed for the lease belongs to
/// nobody, nor does one whose owner was a process of this machine and is no more.
class Claim {
 public:
  /// Nothing when somebody else holds it.
  static Result<std::unique_ptr<Claim>> take(const std::filesystem::path& file, std::chrono::seconds lease);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  Claim(std::filesystem::path file, std::chrono::seconds lease);
  void renew();

  std::filesystem::path file_;
  std::chrono::seconds lease_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread renewer_;
};

/// How a claim stands.
enum class ClaimState : std::uint8_t { kNone, kHeld, kStale };
ClaimState claim_state(const std::filesystem::path& file, std::chrono::seconds lease);

/// "host:pid", for people.
std::string who_is_here();

}  // namespace sg
