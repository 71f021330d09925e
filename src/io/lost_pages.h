// Lost pages: a mapped file that another program cuts short, or a disk that fails, takes bytes away that were there
// when the file was opened. Touching them raises SIGBUS, which ends a process without a word.
//
// Here a handler puts pages of zeros in their place, from the first lost one to the end of the mapping, and marks the
// mapping; whoever computes goes on with zeros and asks at its next step (FileMap::check), which is an error. One
// handler covers every access there is, in kernels, readers and tokenizers alike. The alternatives: a check before each
// access races with the other program; reading instead of mapping costs a copy of all weights.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>

namespace sg {

/// Installs the handler; for the program, not for a library behind its back. Faults outside watched ranges go to
/// whoever handled SIGBUS before. Without it a mark is only set where reading ahead meets the loss.
void survive_lost_pages();

/// One mapping under watch, from construction until destruction. Movable would be wrong: the handler knows its place.
class PageWatch {
 public:
  /// `mapping` begins at a page. A watch is cheap; it takes no signal and no thread.
  explicit PageWatch(std::span<const std::byte> mapping);
  ~PageWatch();
  PageWatch(const PageWatch&) = delete;
  PageWatch& operator=(const PageWatch&) = delete;

  bool lost() const;

  struct Slot;

 private:
  Slot* slot_;
};

/// Marks the mapping that holds `at`, if one does: for whoever is told of a loss by a system call.
void mark_lost(const std::byte* at);

}  // namespace sg
