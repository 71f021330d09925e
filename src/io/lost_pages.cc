#include "io/lost_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>

namespace sg {

/// One entry of a list that only grows, so that a signal handler may walk it at any moment; entries are used again.
struct PageWatch::Slot {
  std::atomic<std::uintptr_t> begin{0}, end{0};  // begin 0: free
  std::atomic<bool> lost{false};
  Slot* next = nullptr;
};

namespace {

using Slot = PageWatch::Slot;
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

std::atomic<Slot*> first_slot{nullptr};
std::mutex changing;           // of who takes, adds and frees slots; the handler takes no lock
struct sigaction before = {};  // written once, before the handler can run
std::uintptr_t page_size = 4096;

/// The slot whose range holds the address. A slot that is being given to another mapping meanwhile does not match:
/// the begin that was read must still stand after the end was read.
Slot* slot_of(std::uintptr_t at) {
  for (Slot* slot = first_slot.load(std::memory_order_acquire); slot != nullptr; slot = slot->next) {
    const std::uintptr_t begin = slot->begin.load(std::memory_order_acquire);
    const std::uintptr_t end = slot->end.load(std::memory_order_acquire);
    if (begin != 0 && begin <= at && at < end && slot->begin.load(std::memory_order_acquire) == begin) return slot;
  }
  return nullptr;
}

/// Only system calls and lock-free atomics. mmap is not on POSIX's list of what a handler may call, but it is one
/// system call on every system this runs on.
void on_lost_page(int signal, siginfo_t* info, void*) {
  const int saved = errno;
  const bool is_fault = info->si_code > 0;  // else a program sent it, and there is no address
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  Slot* const slot = is_fault ? slot_of(at) : nullptr;
  bool mended = false;
  if (slot != nullptr) {
    slot->lost.store(true, std::memory_order_release);  // first: who reads a zero finds the mark
    const std::uintptr_t page = at / page_size * page_size;
    // To the end at once: a mapping per page would exceed the number a process may have.
    mended = ::mmap(reinterpret_cast<void*>(page), slot->end.load(std::memory_order_acquire) - page, PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
  }
  if (!mended) ::sigaction(SIGBUS, &before, nullptr);  // the access is tried again, and then is theirs
  if (!is_fault) ::raise(signal);
  errno = saved;
}

}  // namespace

void survive_lost_pages() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    ::sigaction(SIGBUS, nullptr, &before);
    struct sigaction action = {};
    action.sa_sigaction = on_lost_page;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
  });
}

PageWatch::PageWatch(std::span<const std::byte> mapping) {
  const std::lock_guard lock(changing);
  slot_ = first_slot.load(std::memory_order_acquire);
  while (slot_ != nullptr && slot_->begin.load(std::memory_order_relaxed) != 0) slot_ = slot_->next;
  const auto begin = reinterpret_cast<std::uintptr_t>(mapping.data());
  const bool fresh = slot_ == nullptr;
  if (fresh) slot_ = new Slot;  // stays for the process's life
  slot_->lost.store(false, std::memory_order_relaxed);
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));  // the last one counts whole
  slot_->end.store(begin + (mapping.size() + page - 1) / page * page, std::memory_order_release);
  slot_->begin.store(begin, std::memory_order_release);
  if (!fresh) return;
  slot_->next = first_slot.load(std::memory_order_relaxed);
  first_slot.store(slot_, std::memory_order_release);
}

PageWatch::~PageWatch() {
  const std::lock_guard lock(changing);
  slot_->begin.store(0, std::memory_order_release);
}

bool PageWatch::lost() const { return slot_->lost.load(std::memory_order_acquire); }

void mark_lost(const std::byte* at) {
  if (Slot* const slot = slot_of(reinterpret_cast<std::uintptr_t>(at)))
    slot->lost.store(true, std::memory_order_release);
}

}  // namespace sg
