// Numbers as text: exact for machines, readable for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

/// The shortest text that reads back as the same double; "inf", "-inf", "nan".
std::string exact(double x);
/// The same of a finite x, behind what `out` holds.
void append_exact(double x, std::string& out);

/// For people: about four significant digits, thousands separated ("22,171", "1.119", "0.0664", "3.2e-07");
/// "inf" and "nan" as words.
std::string short_number(double x);
/// With a fixed number of decimals: "1.119".
std::string fixed(double x, int decimals);
/// "-" when absent.
std::string fixed(const std::optional<double>& x, int decimals);
/// "22,171"
std::string grouped(std::uint64_t n);
/// "135 M", "1.1 B": a count of parameters.
std::string short_count(std::uint64_t n);
/// "98.4 MB", in powers of 1000.
std::string bytes_text(std::uint64_t n);
/// "0.21 s", "3 min 20 s".
std::string seconds_text(double seconds);

/// "1.5G", "512MB", "64 MiB" or bytes. K, M, G, T and KiB.. are powers of 1024, KB, MB, GB, TB powers of 1000. Errors
/// (usage) name `where`.
Result<std::size_t> parse_bytes(const std::string& text, std::string_view where);

}  // namespace sg
