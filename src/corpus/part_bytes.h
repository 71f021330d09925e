// Numbers as bytes, one way for each: what parts are made of. Little endian on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

class PartWriter {
 public:
  /// The lowest `bytes` bytes.
  void number(std::uint64_t value, std::size_t bytes);
  /// Seven bits a byte, lowest first, the high bit where more follow.
  void count(std::uint64_t value);
  /// Signed, small magnitudes short: 0, -1, 1, -2 are counts 0 to 3.
  void integer(std::int64_t value);
  void real(double value);
  void text(std::string_view value);

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what a PartWriter wrote. Errors (bad input) name `where` and the byte: the end came too soon, a count is above
/// what is possible there or is not in its shortest form.
class PartReader {
 public:
  PartReader(std::string_view bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  Result<std::uint64_t> number(std::size_t bytes);
  Result<std::uint64_t> count(std::uint64_t most = ~std::uint64_t{0});
  /// A count of things of at least `bytes` bytes each that are still to come.
  Result<std::size_t> size(std::size_t bytes);
  Result<std::int64_t> integer();
  Result<double> real();
  Result<std::string> text();
  Result<void> expect_end() const;

 private:
  Error wrong(std::string what) const;

  std::string_view bytes_, where_;
  std::size_t at_ = 0;
};

}  // namespace sg
