// ContentLocation: where a file's content is fetched from: the Hub's own address for small files, for large ones a
// signed address elsewhere, which the Hub names and which runs out.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "hub/hub.h"

namespace sg {

/// One commit of one repository, as its content is asked for.
struct ContentPlace {
  const Hub& hub;
  std::string repo, commit;
  Asked asked(const HubFile& file) const;
};

class ContentLocation {
 public:
  /// The request that asks where the content lies; null when that is known, not needed, or being asked.
  std::unique_ptr<Transfer> ask(const HubFile& file, const ContentPlace& place);
  /// Whether ranges can be asked for now.
  bool known(const HubFile& file) const { return !asking_ && (!url_.empty() || file.sha256.empty()); }
  std::string url(const HubFile& file, const ContentPlace& place) const;

  /// The answer of ask(). Errors: another content than the listing's, the Hub's refusal. Else how long to wait before
  /// the next try.
  Result<std::chrono::milliseconds> answered(const Transfer& transfer, const HubFile& file, const ContentPlace& place);
  /// A range that did not come whole: a redirect, an address that ran out, or a failure that may pass. Errors: one that
  /// does not. Else how long to wait before the next try.
  Result<std::chrono::milliseconds> failed(const Transfer& transfer, const HubFile& file, const ContentPlace& place);
  /// Bytes came: the next failure is a first one again.
  void came() { failures_ = redirects_ = 0; }

 private:
  Result<std::chrono::milliseconds> retry(const Transfer& transfer, const HubFile& file, const ContentPlace& place);
  std::string url_;  // empty: not known
  bool asking_ = false;
  int failures_ = 0, redirects_ = 0;
};

/// What is wrong with an answer to the range [begin, begin + size) of a file; empty when it is that range, or the whole
/// file where that was asked for.
std::string wrong_range(const HttpAnswer& answer, const HttpRequest& request, const HubFile& file);
/// An answer of 200 to a part of a file: the server gives no ranges.
bool is_whole_answer(const HttpAnswer& answer, const HttpRequest& request, const HubFile& file);
Error wrong_content(const Transfer& transfer, const HubFile& file, const std::string& got);

}  // namespace sg
