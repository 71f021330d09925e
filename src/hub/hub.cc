#include "hub/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "hub/hub_json.h"
#include "io/hub_cache.h"

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTriesToReach = 3;  // a person waits for the answer: not longer than it takes to see that nobody is there
constexpr int kMostRedirects = 20;   // as the Python client
constexpr int kMostPages = 100'000;  // 1,000 files each: more than any repository may hold

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// A queue of one request, asked until it is answered or given up.
class OneQuestion final : public TransferQueue {
 public:
  OneQuestion(const Hub& hub, HttpRequest request) : hub_(hub), request_(std::move(request)) {}

  Result<std::unique_ptr<Transfer>> next() override {
    if (running_ || answered_) return std::unique_ptr<Transfer>();
    running_ = true;
    auto transfer = std::make_unique<Transfer>();
    transfer->request = request_;
    return transfer;
  }
  Result<void> done(std::unique_ptr<Transfer> transfer) override {
    running_ = false;
    last_ = std::move(transfer);
    ++failures_;
    const bool unreachable = !last_->failure.empty() && failures_ >= kTriesToReach;
    const auto wait = unreachable ? std::nullopt : wait_before_retry(*last_, failures_);
    answered_ = !wait;
    if (wait) {
      resume_ = Clock::now() + *wait;
      if (last_->answer.status == 429) hub_.say(waiting_text(*wait));
    }
    return {};
  }
  bool finished() const override { return answered_; }
  Clock::time_point not_before() const override { return resume_; }

  std::unique_ptr<Transfer> last_;

 private:
  const Hub& hub_;
  HttpRequest request_;
  bool running_ = false, answered_ = false;
  int failures_ = 0;
  Clock::time_point resume_ = {};
};

/// `<https://...>; rel="next"` among the links of an answer; empty when there is none.
std::string next_page(const HttpAnswer& answer) {
  const std::string links = answer.header("link");
  for (std::size_t at = links.find('<'); at != std::string::npos; at = links.find('<', at + 1)) {
    const std::size_t end = links.find('>', at);
    if (end == std::string::npos) return "";
    const std::size_t stop = std::min(links.find('<', end), links.size());
    if (links.substr(end, stop - end).find("rel=\"next\"") != std::string::npos)
      return links.substr(at + 1, end - at - 1);
  }
  return "";
}

Error bad_answer(const std::string& url, std::string what) {
  return {.what = std::move(what),
          .where = shown_url(url),
          .hint = "HF_ENDPOINT must name a Hub; a proxy may have answered in its place"};
}

bool is_hex(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// A path that stays below its folder, written as git writes it.
bool is_safe_path(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.back() == '/' || path.find('\0') != std::string::npos) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

Result<void> check_listing(std::vector<HubFile>& files, const std::string& where) {
  for (const HubFile& file : files) {
    if (is_safe_path(file.path) && is_hex(file.etag())) continue;
    return Error{.what = "the listing has a file outside of its folder, or one without a sum",
                 .where = where,
                 .got = "'" + file.path + "'"};
  }
  std::sort(files.begin(), files.end(), [](const HubFile& a, const HubFile& b) { return a.path < b.path; });
  const auto same = [](const HubFile& a, const HubFile& b) { return a.path == b.path; };
  const auto twice = std::adjacent_find(files.begin(), files.end(), same);
  if (twice == files.end()) return {};
  return Error{.what = "the listing has a file twice", .where = where, .got = "'" + twice->path + "'"};
}

Result<Hub> Hub::open(HubSettings settings, HubWatch watch) {
  if (settings.offline) {
    return Error{.what = "the Hub is not asked: this call is offline",
                 .hint = "leave out --offline, HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE to fetch"};
  }
  SG_TRY(std::unique_ptr<Http> http, Http::create(settings, watch.stop));
  return Hub(std::move(settings), std::move(watch), std::move(http));
}

Result<HttpAnswer> Hub::ask(const std::string& url, const Asked& asked) {
  std::string at = url;
  for (int i = 0; i < kMostRedirects; ++i) {
    OneQuestion question(*this, {.url = at});
    SG_TRY_VOID(http_->run(1, question));
    Transfer& last = *question.last_;
    Asked with = asked;
    with.with_token = settings_.token.has_value();
    if (!last.failure.empty()) return answer_error(last, with);
    if (const std::string warning = last.answer.header("x-hf-warning"); !warning.empty())
      say("the Hub says: " + warning);
    if (is_redirect(last.answer.status) && !last.answer.header("location").empty()) {
      at = absolute_url(at, last.answer.header("location"));
      continue;
    }
    if (last.answer.status != 200) return answer_error(last, with);
    return std::move(last.answer);
  }
  return bad_answer(url, "the Hub redirects in a circle");
}

Result<std::string> Hub::commit_of(const std::string& repo, const std::string& revision) {
  if (is_commit(revision)) return revision;
  const std::string url =
      fmt::format("{}/api/models/{}/revision/{}", settings_.endpoint, repo, url_escaped(revision, KeepSlashes::kNo));
  SG_TRY(const HttpAnswer answer, ask(url, {.repo = repo, .revision = revision}));
  const auto info = read_model_info(answer.body);
  if (!info || !is_commit(info->commit)) return bad_answer(url, "the Hub's answer names no commit");
  if (!info->id.empty() && info->id != repo) say(fmt::format("{} is now called {}", repo, info->id));
  return info->commit;
}

Result<std::vector<HubFile>> Hub::files(const std::string& repo, const std::string& commit) {
  const std::string first =
      fmt::format("{}/api/models/{}/tree/{}?recursive=true&expand=false", settings_.endpoint, repo, commit);
  std::vector<HubFile> files;
  std::set<std::string> seen;
  std::string url = first;
  for (int page = 0; !url.empty(); ++page) {
    if (page == kMostPages || !seen.insert(url).second) return bad_answer(first, "the Hub's listing has no end");
    SG_TRY(const HttpAnswer answer, ask(url, {.repo = repo, .revision = commit}));
    if (!read_tree_page(answer.body, files)) return bad_answer(url, "the Hub's listing of files cannot be read");
    const std::string next = next_page(answer);
    url = next.empty() ? "" : absolute_url(url, next);
  }
  SG_TRY_VOID(check_listing(files, shown_url(first)));
  return files;
}

Result<std::vector<HubRef>> Hub::refs(const std::string& repo) {
  const std::string url = fmt::format("{}/api/models/{}/refs", settings_.endpoint, repo);
  SG_TRY(const HttpAnswer answer, ask(url, {.repo = repo}));
  auto refs = read_refs(answer.body);
  if (!refs) return bad_answer(url, "the Hub's list of branches cannot be read");
  return *std::move(refs);
}

Result<HubUser> Hub::whoami() {
  const std::string url = settings_.endpoint + "/api/whoami-v2";
  SG_TRY(const HttpAnswer answer, ask(url, {}));
  auto user = read_user(answer.body);
  if (!user) return bad_answer(url, "the Hub does not say whose token it is");
  return *std::move(user);
}

std::string Hub::content_url(const std::string& repo, const std::string& commit, const std::string& path) const {
  return fmt::format("{}/{}/resolve/{}/{}", settings_.endpoint, repo, commit, url_escaped(path, KeepSlashes::kYes));
}

}  // namespace sg
