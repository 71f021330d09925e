#include "cli/progress.h"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <cstdlib>

#include "base/display_text.h"
#include "base/number_text.h"
#include "base/text_file.h"
#include "hub/settings.h"

namespace sg {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);  // as often as a person can follow
constexpr int kBarWidth = 24;

std::string bar(double share) {
  const int full = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kBarWidth - full), '.') + "]";
}

constexpr std::size_t kLongestName = 40;  // columns

bool switched_off() {
  const char* value = std::getenv("HF_HUB_DISABLE_PROGRESS_BARS");
  return value != nullptr && is_true(value);
}

double share(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total);
}

}  // namespace

ProgressBar::ProgressBar(const Common& common, double work, std::string unit)
    : shown_(!common.quiet && !common.no_progress && ::isatty(STDERR_FILENO) == 1),
      work_(work),
      unit_(std::move(unit)) {}

ProgressBar::~ProgressBar() {
  if (drawn_) (void)write_all(STDERR_FILENO, "\r\x1b[K", "standard error");
}

void ProgressBar::update(double share, const std::string& what) {
  const auto now = Clock::now();
  if (!shown_ || now - last_ < kRedraw) return;
  last_ = now;
  drawn_ = true;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  std::string line = fmt::format("\r{} {:3.0f} %", bar(share), 100 * share);
  if (share > 0 && elapsed > 0) {
    const std::string rate = fmt::format("{} {}/s", short_number(share * work_ / elapsed), unit_);
    line += fmt::format("  {}  {} left", what.empty() ? rate : printable(what),
                        seconds_text(elapsed * (1 - share) / share));
  }
  (void)write_all(STDERR_FILENO, line + "\x1b[K", "standard error");
}

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
