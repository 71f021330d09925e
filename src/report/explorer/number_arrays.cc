#include "report/explorer/number_arrays.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace sg {
namespace {

static_assert(std::endian::native == std::endian::little, "the page reads little-endian numbers");

template <class Number>
std::string bytes_of(std::span<const double> values) {
  std::string bytes(values.size() * sizeof(Number), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Of the many bit patterns that are no number one, whichever the arithmetic left: equal documents are equal pages.
    const auto number =
        std::isnan(values[i]) ? std::numeric_limits<Number>::quiet_NaN() : static_cast<Number>(values[i]);
    std::memcpy(bytes.data() + i * sizeof number, &number, sizeof number);
  }
  return bytes;
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto byte = [&](std::size_t k) -> std::uint32_t {
      return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0;
    };
    const std::uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += kDigits[bits >> 18];
    text += kDigits[bits >> 12 & 63];
    text += left > 1 ? kDigits[bits >> 6 & 63] : '=';
    text += left > 2 ? kDigits[bits & 63] : '=';
  }
  return text;
}

std::size_t NumberArrays::add(std::span<const double> values) {
  views_.push_back(values);
  numbers_ += values.size();
  return views_.size() - 1;
}

std::size_t NumberArrays::add_own(std::vector<double> values) { return add(own_.emplace_back(std::move(values))); }

void NumberArrays::append_elements(std::string& html, bool exact) const {
  for (std::size_t i = 0; i < views_.size(); ++i) {
    html += "<script type=\"text/plain\" id=\"a" + std::to_string(i) + "\">";
    html += base64(exact ? bytes_of<double>(views_[i]) : bytes_of<float>(views_[i]));
    html += "</script>\n";
  }
}

}  // namespace sg
