// What the Hub's answers mean when they are no success: each kind its own message with what to do, and how long to
// wait before asking again. X-Error-Code, X-Error-Message, RateLimit and Retry-After as the Hub's API documents them.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"
#include "hub/http.h"

namespace sg {

/// What was asked for, for messages.
struct Asked {
  std::string repo;      // "ORG/NAME"; empty: no repository
  std::string revision;  // empty: none
  std::string file;      // empty: the repository itself
  bool with_token = false;
};

/// An answer that is no success, or a failure of the network, as an Error. The token is in none.
Error answer_error(const Transfer& transfer, const Asked& asked);

/// True for the Hub's word that a file is not in the repository (404, EntryNotFound).
bool is_missing_file(const HttpAnswer& answer);

/// How often the same thing is asked for before it is given up, the first try counted.
inline constexpr int kTries = 6;
/// How long to wait before the next try, `failures` having failed: as the server says, else 1 to 8 s. Absent: asking
/// again would not help, or the server asks for more patience than kLongestWait.
std::optional<std::chrono::milliseconds> wait_before_retry(const Transfer& transfer, int failures);
/// The line that says that the server asked for a wait.
std::string waiting_text(std::chrono::milliseconds wait);

}  // namespace sg
