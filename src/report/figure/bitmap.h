// A drawing as PNG, by librsvg's rsvg-convert: a program of its own, SVG on its standard input, the bitmap from its
// standard output. No shell, no files.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/result.h"

namespace sg {

struct BitmapProgram {
  std::string name = "rsvg-convert";       // name or path
  std::chrono::milliseconds limit{60000};  // a picture takes a tenth of a second
  const std::atomic<bool>* stop = nullptr;
};

/// Twice the drawing's size, about 300 dots per inch in a column of a paper. Errors: the program is not there, refuses
/// the drawing (with its last words) or takes too long, and is then ended; interrupted.
Result<std::string> bitmap_of(const std::string& svg, const BitmapProgram& program);

}  // namespace sg
