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

/// How long a claim holds that is not renewed, by the clock of the file system, which all who share it share too.
struct Lease {
  std::chrono::nanoseconds time;
  std::chrono::nanoseconds ahead{0};  // the file system's clock of this machine's

  template <class Number, class Unit>
  // NOLINTNEXTLINE(google-explicit-constructor): a length of time stands for a lease of it
  Lease(std::chrono::duration<Number, Unit> lasts, std::chrono::nanoseconds clock_ahead = {})
      : time(lasts), ahead(clock_ahead) {}
  /// Looks at the clock of a folder's file system, by a file that is gone again; where none can be made, this machine's
  /// own clock serves.
  static Lease in(const std::filesystem::path& folder, std::chrono::nanoseconds lasts);
};

/// A file that its owner renews, gone when the owner lets go. One that has not been renewed for the lease belongs to
/// nobody, nor does one whose owner was a process of this machine and is no more.
class Claim {
 public:
  /// Nothing when somebody else holds it.
  static Result<std::unique_ptr<Claim>> take(const std::filesystem::path& file, const Lease& lease);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  Claim(std::filesystem::path file, std::chrono::nanoseconds lease);
  void renew();

  std::filesystem::path file_;
  std::chrono::nanoseconds lease_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread renewer_;
};

/// How a claim stands. One from the future, by more than the lease, is nobody's.
enum class ClaimState : std::uint8_t { kNone, kHeld, kStale };
ClaimState claim_state(const std::filesystem::path& file, const Lease& lease);

/// "host:pid", for people.
std::string who_is_here();

}  // namespace sg
