// Meeting: two passes that stop at the same places. Only one of them runs at any time, so both share one thread pool
// and nothing that they fill needs a lock.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/span2d.h"

namespace sg {

/// One meeting serves two threads, each holding its Seat while it runs. Whoever comes first to a place waits there
/// inside its own call, so its view stays valid; whoever comes second sees both and goes on.
class Meeting {
 public:
  enum Side { kA = 0, kB = 1 };

  /// A's pass begins; B's waits in the constructor until A has come to the first place. A side that leaves, at its
  /// end or by a failure, frees the other, which then meets nobody.
  class Seat {
   public:
    Seat(Meeting& meeting, Side side) : meeting_(meeting), side_(side) { meeting_.enter(side_); }
    ~Seat() { meeting_.leave(side_); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    Meeting& meeting_;
    Side side_;
  };

  /// Calls body(a's view, b's view) once, on the thread that comes second.
  template <class Body>
  void meet(Side side, ConstMatrixView view, Body&& body) {
    std::unique_lock lock(mutex_);
    if (left_) return;
    if (waiting_) {
      waiting_ = false;
      std::forward<Body>(body)(side == kA ? view : waiting_view_, side == kA ? waiting_view_ : view);
      return;  // and stays the one that runs
    }
    waiting_ = true;
    waiting_view_ = view;
    turn_ = other(side);
    changed_.notify_all();
    changed_.wait(lock, [&] { return turn_ == side; });
  }

 private:
  static Side other(Side side) { return side == kA ? kB : kA; }
  void enter(Side side) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == side; });
  }
  void leave(Side side) {
    const std::lock_guard lock(mutex_);
    left_ = true;
    turn_ = other(side);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Side turn_ = kA;
  bool waiting_ = false, left_ = false;
  ConstMatrixView waiting_view_;
};

}  // namespace sg
