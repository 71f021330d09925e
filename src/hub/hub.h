// The Hub's API, as far as models need it: which commit a revision is, what files it has, who one is. Endpoints as
// the Hub's API documents them (GET /api/models/..., /ORG/NAME/resolve/REV/FILE).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/answer_error.h"
#include "hub/http.h"
#include "hub/settings.h"

namespace sg {

/// One file of a commit, as the listing tells it.
struct HubFile {
  std::string path;             // with '/'; never absolute, never climbing
  std::uint64_t size = 0;       // bytes of the content
  std::uint64_t blob_size = 0;  // what git stores: of a large file the size of its pointer's listing
  std::string git_sha1;         // of what git stores: the content, or a pointer to it
  std::string sha256;           // of the content of a large file (LFS, Xet); empty for a small one
  std::string xet_hash;         // empty: none

  /// The name of its blob: the SHA-256 of a large file, the git SHA-1 of a small one.
  const std::string& etag() const { return sha256.empty() ? git_sha1 : sha256; }
};

/// Sorts a listing by path. Refused: paths that leave the folder, a path twice, files without a sum.
Result<void> check_listing(std::vector<HubFile>& files, const std::string& where);

/// A branch or a tag.
struct HubRef {
  std::string name, commit;
};

struct HubUser {
  std::string name;
  std::vector<std::string> organisations;
  std::string token_name, token_role;  // empty: not told
};

/// What a caller wants to hear while the Hub is asked.
struct HubWatch {
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const std::string& line)> say = {};  // waits, renamed repositories, warnings of the server
};

class Hub {
 public:
  /// Errors: offline (HF_HUB_OFFLINE), no libcurl.
  static Result<Hub> open(HubSettings settings, HubWatch watch);

  /// The commit, 40 digits, that a revision stands for. A full commit needs no request.
  Result<std::string> commit_of(const std::string& repo, const std::string& revision);
  /// All files of a commit, sorted by path. Refused: paths that leave the folder, a path twice, pages without end.
  Result<std::vector<HubFile>> files(const std::string& repo, const std::string& commit);
  /// Branches, then tags.
  Result<std::vector<HubRef>> refs(const std::string& repo);
  Result<HubUser> whoami();

  /// Where a file's content is asked for.
  std::string content_url(const std::string& repo, const std::string& commit, const std::string& path) const;

  Http& http() { return *http_; }
  const HubSettings& settings() const { return settings_; }
  const HubWatch& watch() const { return watch_; }
  bool is_own(const std::string& url) const { return origin_of(url) == origin_of(settings_.endpoint); }
  void say(const std::string& line) const {
    if (watch_.say) watch_.say(line);
  }

 private:
  Hub(HubSettings settings, HubWatch watch, std::unique_ptr<Http> http)
      : settings_(std::move(settings)), watch_(std::move(watch)), http_(std::move(http)) {}

  /// One answer of the API: redirects within the endpoint followed, passing failures tried again.
  Result<HttpAnswer> ask(const std::string& url, const Asked& asked);

  HubSettings settings_;
  HubWatch watch_;
  std::unique_ptr<Http> http_;
};

}  // namespace sg
