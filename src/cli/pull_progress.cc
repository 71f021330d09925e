#include "cli/pull_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/display_text.h"
#include "base/number_text.h"
#include "base/text_file.h"
#include "hub/settings.h"

namespace sg {
namespace {

constexpr std::size_t kLongestName = 40;  // columns

bool switched_off() {
  const char* value = std::getenv("HF_HUB_DISABLE_PROGRESS_BARS");
  return value != nullptr && is_true(value);
}

double share(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total);
}

}  // namespace

PullProgress::PullProgress(const Common& common)
    : shown_(!common.quiet && !common.no_progress && ::isatty(STDERR_FILENO) == 1 && !switched_off()) {}

PullProgress::~PullProgress() {
  if (drawn_) (void)write_all(STDERR_FILENO, "\r\x1b[K", "standard error");
}

void PullProgress::update(const DownloadProgress& p) {
  if (!shown_) return;
  if (!began_) {
    began_ = true;
    first_ = p.done;
    start_ = Clock::now();
  }
  drawn_ = true;
  std::string line = fmt::format("\r{} {:3.0f} %  |  {} of {} files, {} of {}, {:3.0f} %",
                                 shortened(p.file, kLongestName), share(p.file_done, p.file_size), p.files_done,
                                 p.files, bytes_text(p.done), bytes_text(p.total), share(p.done, p.total));
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  if (seconds > 0 && p.done > first_) {
    const double speed = static_cast<double>(p.done - first_) / seconds;
    line += fmt::format("  {}/s  {} left", bytes_text(static_cast<std::uint64_t>(speed)),
                        seconds_text(static_cast<double>(p.total - p.done) / speed));
  }
  (void)write_all(STDERR_FILENO, line + "\x1b[K", "standard error");
}

}  // namespace sg
