#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "report/data/measurement_json.h"

/// A measurement document is read or refused; one that is read is written as a document that reads as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = sg::read_measurement({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!read.ok()) {
    if (read.error().message().empty()) std::abort();
    return 0;
  }
  const std::string text = sg::json_text(sg::measurement_json(read.value()));
  const auto again = sg::read_measurement(text, "again");
  if (!again.ok() || sg::json_text(sg::measurement_json(again.value())) != text) std::abort();
  return 0;
}
