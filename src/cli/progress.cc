#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/display_text.h"
#include "base/number_text.h"
#include "base/text_file.h"

namespace sg {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);  // as often as a person can follow
constexpr int kBarWidth = 24;

std::string bar(double share) {
  const int full = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kBarWidth - full), '.') + "]";
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

}  // namespace sg
