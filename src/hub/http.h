// HTTP by libcurl: many transfers at once in one thread. Redirects are handed back, not followed, and the Hub's token
// goes to the endpoint's own origin only, whatever the caller asks for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/settings.h"

namespace sg {

struct HttpRequest {
  std::string url;
  bool head = false;
  std::uint64_t begin = 0, size = 0;  // the range that is asked for; size 0: the whole
};

struct HttpAnswer {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; of several the last, but all of "link"
  std::string body;                            // what no sink took
  /// Empty when there is no such header. `name` in lower case.
  std::string header(const std::string& name) const;
};

/// One request under way.
struct Transfer {
  HttpRequest request;
  /// Takes the body of an answer of 200 or 206, as it comes; false ends the transfer. Null: it is kept in the answer.
  std::function<bool(const HttpAnswer&, std::span<const std::byte>)> sink = {};
  HttpAnswer answer = {};
  std::string failure = {};  // of the network, as libcurl tells it; empty: a whole answer
  std::size_t job = 0;       // the caller's own mark
};

/// What a session works on.
class TransferQueue {
 public:
  virtual ~TransferQueue() = default;
  /// The next transfer to start; null when there is none now. An error ends the run.
  virtual Result<std::unique_ptr<Transfer>> next() = 0;
  /// A transfer that ended, well or not. An error ends the run.
  virtual Result<void> done(std::unique_ptr<Transfer> transfer) = 0;
  /// True when nothing is left that next() might give later.
  virtual bool finished() const = 0;
  /// No transfer is started before this moment: the server asked to wait.
  virtual std::chrono::steady_clock::time_point not_before() const { return {}; }
};

/// Not thread-safe; connections are kept from one run to the next.
class Http {
 public:
  /// Error: no libcurl.
  static Result<std::unique_ptr<Http>> create(const HubSettings& settings, const std::atomic<bool>* stop);
  virtual ~Http() = default;

  /// Runs the queue until it is finished and all has ended, at most `at_once` transfers at the same time. Errors:
  /// done()'s, and interrupted.
  virtual Result<void> run(std::size_t at_once, TransferQueue& queue) = 0;
};

/// "https://host:port" of an address in lower case, the port always named; empty when it is no http address.
std::string origin_of(const std::string& url);
/// `location` of an answer to `url` as a whole address.
std::string absolute_url(const std::string& url, const std::string& location);
enum class KeepSlashes : bool { kNo, kYes };
/// Percent-encoded, all but letters, digits and -._~
std::string url_escaped(const std::string& text, KeepSlashes keep);
/// An address for messages: without its query, which may hold a signature, and without a name and password.
std::string shown_url(const std::string& url);

}  // namespace sg
