// --plot: a measurement as a picture in a file.
#pragma once

#include <string>

#include "cli/common.h"
#include "measure/row.h"

namespace sg {

void add_plot(CLI::App& command, std::string& file);
/// Errors (usage): a name that ends neither in .svg nor in .png.
Result<void> check_plot(const std::string& file);
/// Writes nothing when no file is named. Errors: of the file; without a program that makes bitmaps, of a .png.
Result<void> write_plot(const std::string& file, const Measurement& measurement);

}  // namespace sg
