#include "hub/answer_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace sg {
namespace {

constexpr int kUnauthorised = 401, kForbidden = 403, kNotFound = 404, kTimeout = 408, kTooMany = 429;
constexpr std::chrono::seconds kLongestWait{330};  // the Hub counts requests in windows of five minutes
constexpr std::chrono::seconds kLongestPause{8};   // between two tries when the server does not say

std::optional<long> number(std::string_view text) {
  long value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end == text.data() || value < 0) return std::nullopt;
  return value;
}

/// Seconds that the answer asks to wait: Retry-After, else the time left of `RateLimit: "api";r=0;t=12`.
std::optional<long> told_seconds(const HttpAnswer& answer) {
  if (const auto seconds = number(answer.header("retry-after"))) return seconds;
  const std::string limit = answer.header("ratelimit");
  const std::size_t at = limit.find(";t=");
  if (at == std::string::npos) return std::nullopt;
  const auto seconds = number(std::string_view(limit).substr(at + 3));
  return seconds ? std::optional(*seconds + 1) : std::nullopt;  // it is a whole number, rounded down
}

std::string log_in(const Asked& asked) {
  return asked.with_token ? "the token that was sent does not open it; streamgauge whoami shows whose it is"
                          : "if it is private, streamgauge login stores a token that may read it";
}

Error network_error(const Transfer& t) {
  return {.kind = ErrorKind::kResource,
          .what = "the network failed",
          .where = shown_url(t.request.url),
          .got = t.failure,
          .hint = "try again; models that are in the cache need no network (--offline)"};
}

Error gated(const Asked& asked, const std::string& endpoint_page) {
  return {.what = fmt::format("{} is gated: its authors give access to those who ask", asked.repo),
          .where = endpoint_page,
          .hint = asked.with_token ? "ask for access on that page with the account of your token, then try again"
                                   : "ask for access on that page, then streamgauge login"};
}

Error no_repo(const Asked& asked) {
  return {.what = fmt::format("{} does not exist on the Hub, or is private", asked.repo),
          .hint = "look at how it is spelled; " + log_in(asked)};
}

Error unexpected(const Transfer& t, const Asked& asked) {
  const std::string message = t.answer.header("x-error-message");
  return {.kind = t.answer.status >= 500 ? ErrorKind::kResource : ErrorKind::kBadInput,
          .what = asked.repo.empty() ? "the Hub refused" : fmt::format("the Hub refused a request for {}", asked.repo),
          .where = shown_url(t.request.url),
          .got = fmt::format("HTTP {}{}{}", t.answer.status, message.empty() ? "" : ": ", message),
          .hint = t.answer.status >= 500 ? "it is in trouble; try again later" : ""};
}

/// "https://host/ORG/NAME" of an address of the API or of a file.
std::string page_of(const Transfer& t, const Asked& asked) {
  const std::size_t scheme = t.request.url.find("://");
  return t.request.url.substr(0, t.request.url.find('/', scheme + 3)) + "/" + asked.repo;
}

Error rate_limited(const Transfer& t) {
  const auto seconds = told_seconds(t.answer);
  return {.kind = ErrorKind::kResource,
          .what = "the Hub limits how often it is asked",
          .where = shown_url(t.request.url),
          .got = seconds ? fmt::format("a wait of {} s", *seconds) : "",
          .hint = "try again after that; with a token (streamgauge login) the limit is higher"};
}

Error not_found(const Transfer& t, const Asked& asked) {
  const std::string code = t.answer.header("x-error-code");
  if (code == "RepoNotFound" || asked.repo.empty()) return asked.repo.empty() ? unexpected(t, asked) : no_repo(asked);
  if (code == "EntryNotFound" && !asked.file.empty()) {
    return {.what = fmt::format("{} of {} has no file {}", asked.revision, asked.repo, asked.file),
            .hint = "streamgauge pull --include names other files"};
  }
  return {.what = fmt::format("{} has no revision {}", asked.repo, asked.revision),
          .where = page_of(t, asked),
          .expected = "a branch, a tag, refs/pr/N or a commit",
          .hint = fmt::format("{}/tree/main lists the branches", page_of(t, asked))};
}

}  // namespace

bool is_missing_file(const HttpAnswer& answer) {
  return answer.status == kNotFound && answer.header("x-error-code") == "EntryNotFound";
}

Error answer_error(const Transfer& t, const Asked& asked) {
  if (!t.failure.empty()) return network_error(t);
  const long status = t.answer.status;
  const std::string code = t.answer.header("x-error-code"), message = t.answer.header("x-error-message");
  if (code == "GatedRepo") return gated(asked, page_of(t, asked));
  if (message == "Access to this resource is disabled.") {
    return {.what = fmt::format("the Hub has disabled access to {}", asked.repo.empty() ? "this" : asked.repo),
            .where = page_of(t, asked),
            .hint = "its page may say why; look for another copy"};
  }
  if (status == kTooMany) return rate_limited(t);
  const bool bad_token = message.find("Invalid credentials") != std::string::npos ||
                         (status == kUnauthorised && asked.with_token && code != "RepoNotFound");
  if ((status == kUnauthorised || status == kForbidden) && bad_token) {
    return {.what = "the Hub does not know the token that was sent",
            .where = shown_url(t.request.url),
            .hint = "it may be expired or of another Hub: streamgauge login stores another, streamgauge logout none"};
  }
  if (status == kUnauthorised && !asked.repo.empty()) return no_repo(asked);
  if (status == kUnauthorised) return {.what = "the Hub asks for a token", .hint = "streamgauge login stores one"};
  if (status == kNotFound) return not_found(t, asked);
  return unexpected(t, asked);
}

std::string waiting_text(std::chrono::milliseconds wait) {
  return fmt::format("the Hub limits how often it is asked: going on in {} s", (wait.count() + 999) / 1000);
}

std::optional<std::chrono::milliseconds> wait_before_retry(const Transfer& t, int failures) {
  if (failures >= kTries) return std::nullopt;
  const long status = t.answer.status;
  const bool passing = !t.failure.empty() || status == kTimeout || status == kTooMany || status == 500 ||
                       status == 502 || status == 503 || status == 504;
  if (!passing) return std::nullopt;
  const std::chrono::seconds pause =
      std::min(std::chrono::seconds(1) * (1 << std::max(failures - 1, 0)), kLongestPause);
  const auto told = t.failure.empty() ? told_seconds(t.answer) : std::nullopt;
  if (!told) return pause;
  if (std::chrono::seconds(*told) > kLongestWait) return std::nullopt;
  return std::max<std::chrono::milliseconds>(std::chrono::seconds(*told), std::chrono::milliseconds(0));
}

}  // namespace sg
