// Text to and from files that a user names.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

/// A whole file without its byte order mark, or standard input for "-". Errors: a file that cannot be read; more than
/// `most` bytes (resource).
Result<std::string> read_text_file(const std::string& file, std::size_t most = kNoLimit);

/// Takes a text piece by piece.
using TextSink = std::function<Result<void>(std::string_view piece)>;

/// Hands small pieces on in large ones, each of whole pieces; what is left goes with flush().
class GatheringSink {
 public:
  explicit GatheringSink(const TextSink& sink) : sink_(sink) {}
  Result<void> add(std::string_view piece);
  Result<void> flush();

 private:
  const TextSink& sink_;
  std::string held_;
};

/// Writes everything to an open descriptor; `where` names it in errors. Errors: as of file_error.
Result<void> write_all(int descriptor, std::string_view content, std::string_view where);

}  // namespace sg
