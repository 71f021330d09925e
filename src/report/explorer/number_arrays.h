// Arrays of numbers as text inside a page: base64 of little-endian float64 or float32, each an element of its own, so
// that a page decodes what it shows.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

/// RFC 4648, section 4, with padding.
std::string base64(std::string_view bytes);

class NumberArrays {
 public:
  /// The values are read by elements(): they must live until then.
  std::size_t add(std::span<const double> values);
  /// Likewise, of values that nobody else holds.
  std::size_t add_own(std::vector<double> values);

  std::size_t count() const { return views_.size(); }
  std::size_t numbers() const { return numbers_; }

  /// <script type="text/plain" id="a0">...</script>, one after the other; `exact`: float64, else rounded to float32.
  void append_elements(std::string& html, bool exact) const;

 private:
  std::vector<std::span<const double>> views_;
  std::vector<std::vector<double>> own_;  // moved, never copied: views into them stay
  std::size_t numbers_ = 0;
};

}  // namespace sg
