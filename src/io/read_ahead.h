// ReadAhead: a thread that brings mapped bytes into memory while others compute, one group of ranges at a time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/trace.h"

namespace sg {

/// The ranges must stay mapped until the object is gone. A hint throughout: nothing depends on what it reads, and a
/// page that cannot be read shows itself to whoever needs it. Where the system refuses a thread, reading is asked for
/// and left to the system.
class ReadAhead {
 public:
  struct Group {
    std::string name;  // in the trace: "layer 3"
    std::vector<std::span<const std::byte>> ranges;
    bool alone = false;  // start asks for every page, so that what surrounds them is not read (prefetch_all)
  };

  explicit ReadAhead(Trace* trace = nullptr);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead();

  /// Starts reading and returns at once. A group that is still waiting or being read is given up for this one.
  void start(Group group);
  /// Gives the pages of these ranges back: those of a window (io/window.h) at once, since what is asked for later must
  /// not go with them; mapped ones soon and before the next group is read, since they come back by themselves.
  void give_back(std::vector<std::span<const std::byte>> ranges);

 private:
  void run();
  void read(const Group& group);
  /// False when another group has come or the object goes.
  bool still_wanted();

  Trace* const trace_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Group> next_;
  std::vector<std::span<const std::byte>> spent_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sg
