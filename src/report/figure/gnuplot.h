// gnuplot as a child process: its script on standard input, its picture from standard output. No shell, no files.
#pragma once

#include <string>

#include "base/result.h"

namespace sg {

/// What the program wrote. Errors: it is not there, or it left with another code than 0 (with its last words).
Result<std::string> run_gnuplot(const std::string& program, const std::string& script);

/// A text as gnuplot reads it: single quotes, in which nothing is substituted; line breaks joined in from outside
/// them. Control characters become blanks, invalid UTF-8 the replacement character.
std::string gnuplot_quoted(const std::string& text);

/// The same for a tic's label, which gnuplot takes for a format: '%' doubled.
std::string gnuplot_tic(const std::string& text);

}  // namespace sg
