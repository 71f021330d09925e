#include "hub/content_location.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace sg {
namespace {

constexpr int kMostRedirects = 20;  // as the Python client
constexpr std::chrono::milliseconds kAtOnce{0};

bool is_redirect(const HttpAnswer& answer) {
  return answer.status >= 301 && answer.status <= 308 && answer.status != 304 && !answer.header("location").empty();
}

/// An address whose signature ran out answers so, at whatever host the content lies.
bool may_be_expired(long status) {
  return status == 400 || status == 401 || status == 403 || status == 404 || status == 410;
}

/// "bytes 0-99/1000": its begin and the whole size; absent when it says something else.
std::optional<std::pair<std::uint64_t, std::uint64_t>> content_range(const std::string& text) {
  std::uint64_t begin = 0, total = 0;
  const std::size_t blank = text.find(' '), slash = text.find('/');
  if (blank == std::string::npos || slash == std::string::npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data() + blank + 1, end, begin).ec != std::errc()) return std::nullopt;
  if (std::from_chars(text.data() + slash + 1, end, total).ec != std::errc()) return std::nullopt;
  return std::pair(begin, total);
}

}  // namespace

Asked ContentPlace::asked(const HubFile& file) const {
  return {.repo = repo, .revision = commit, .file = file.path, .with_token = hub.settings().token.has_value()};
}

std::unique_ptr<Transfer> ContentLocation::ask(const HubFile& file, const ContentPlace& place) {
  if (asking_ || known(file)) return nullptr;
  asking_ = true;
  auto transfer = std::make_unique<Transfer>();
  transfer->request = {.url = place.hub.content_url(place.repo, place.commit, file.path), .head = true};
  return transfer;
}

std::string ContentLocation::url(const HubFile& file, const ContentPlace& place) const {
  return url_.empty() ? place.hub.content_url(place.repo, place.commit, file.path) : url_;
}

Result<std::chrono::milliseconds> ContentLocation::answered(const Transfer& t, const HubFile& file,
                                                            const ContentPlace& place) {
  asking_ = false;
  const HttpAnswer& answer = t.answer;
  if (!t.failure.empty() || (!is_redirect(answer) && answer.status != 200)) return retry(t, file, place);
  const std::string size = answer.header("x-linked-size");
  std::string etag = answer.header("x-linked-etag");
  std::erase(etag, '"');
  if ((!size.empty() && size != std::to_string(file.size)) || (!etag.empty() && etag != file.sha256)) {
    return Error{.what = fmt::format("the Hub names another content of {} than its listing did", file.path),
                 .where = shown_url(t.request.url),
                 .expected = fmt::format("{} bytes, {}", file.size, file.sha256),
                 .got = fmt::format("{} bytes, {}", size, etag),
                 .hint = "try again in a while"};
  }
  url_ = is_redirect(answer) ? absolute_url(t.request.url, answer.header("location")) : t.request.url;
  return kAtOnce;
}

Result<std::chrono::milliseconds> ContentLocation::failed(const Transfer& t, const HubFile& file,
                                                          const ContentPlace& place) {
  const bool answered = t.failure.empty();
  const bool expired = answered && may_be_expired(t.answer.status) && !place.hub.is_own(t.request.url);
  if (!expired && !(answered && is_redirect(t.answer))) return retry(t, file, place);
  if (++redirects_ > kMostRedirects) {
    return Error{.what = fmt::format("{} cannot be fetched: the Hub names one address after another", file.path),
                 .where = shown_url(t.request.url),
                 .got = fmt::format("HTTP {}", t.answer.status),
                 .hint = "try again in a while"};
  }
  // Its signature ran out, and the Hub gives another; or it moved.
  url_ = expired ? "" : absolute_url(t.request.url, t.answer.header("location"));
  return kAtOnce;
}

Result<std::chrono::milliseconds> ContentLocation::retry(const Transfer& t, const HubFile& file,
                                                         const ContentPlace& place) {
  const auto wait = wait_before_retry(t, ++failures_);
  if (!wait) return answer_error(t, place.asked(file));
  if (t.failure.empty() && t.answer.status == 429) place.hub.say(waiting_text(*wait));
  return *wait;
}

bool is_whole_answer(const HttpAnswer& answer, const HttpRequest& request, const HubFile& file) {
  return answer.status == 200 && (request.begin > 0 || request.size != file.size);
}

std::string wrong_range(const HttpAnswer& answer, const HttpRequest& request, const HubFile& file) {
  if (answer.status == 206) {
    const auto told = content_range(answer.header("content-range"));
    const bool right = told && told->first == request.begin && told->second == file.size;
    return right ? "" : "the range '" + answer.header("content-range") + "'";
  }
  const std::string length = answer.header("content-length");
  return length.empty() || length == std::to_string(file.size) ? "" : length + " bytes";
}

Error wrong_content(const Transfer& t, const HubFile& file, const std::string& got) {
  const HttpRequest& r = t.request;
  return {.what = fmt::format("the server sent something else than {}", file.path),
          .where = shown_url(r.url),
          .expected = fmt::format("bytes {}-{} of {}", r.begin, r.begin + r.size - 1, file.size),
          .got = got,
          .hint = "a proxy may have answered in its place; try again in a while"};
}

}  // namespace sg
