#include "hub/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "hub/curl_library.h"

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBody = std::size_t{256} << 20;  // of an answer that is kept in memory: a listing's page
constexpr long kSlowest = 64;                              // bytes a second below which a transfer counts as silent
constexpr long kBuffer = 512 * 1024;                       // libcurl's, the most that it takes
constexpr int kPoll = 100, kShortPoll = 5;                 // milliseconds between two looks at `stop` and the queue

/// One easy handle and what its callbacks write to.
struct Running {
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  std::unique_ptr<Transfer> transfer;
};

bool is_success(long status) { return status == 200 || status == 206; }

/// A header line: the status line of each answer begins the list anew (a proxy's, then the server's).
std::size_t on_header(char* data, std::size_t one, std::size_t size, void* user) {
  HttpAnswer& answer = static_cast<Running*>(user)->transfer->answer;
  std::string_view line(data, one * size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    answer.headers.clear();
    const std::size_t blank = line.find(' ');
    answer.status =
        blank == std::string_view::npos ? 0 : std::strtol(std::string(line.substr(blank)).c_str(), nullptr, 10);
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    std::string& kept = answer.headers[name];
    kept = name == "link" && !kept.empty() ? kept + ", " + std::string(value) : std::string(value);
  }
  return one * size;
}

std::size_t on_body(char* data, std::size_t one, std::size_t size, void* user) {
  Transfer& transfer = *static_cast<Running*>(user)->transfer;
  const std::size_t bytes = one * size;
  if (transfer.sink && is_success(transfer.answer.status)) {
    return transfer.sink(transfer.answer, {reinterpret_cast<const std::byte*>(data), bytes}) ? bytes : 0;
  }
  if (transfer.answer.body.size() + bytes > kMostBody) return 0;
  transfer.answer.body.append(data, bytes);
  return bytes;
}

class CurlHttp final : public Http {
 public:
  CurlHttp(const CurlLibrary& curl, const HubSettings& settings, const std::atomic<bool>* stop)
      : curl_(curl),
        settings_(settings),
        origin_(origin_of(settings.endpoint)),
        stop_(stop),
        multi_(curl.multi_init()) {
    SG_CHECK(multi_ != nullptr, "libcurl gives no handle");
  }
  ~CurlHttp() override {
    drop_all();
    for (CURL* handle : idle_) curl_.easy_cleanup(handle);
    curl_.multi_cleanup(multi_);
  }

  Result<void> run(std::size_t at_once, TransferQueue& queue) override {
    // Connections stay open between two transfers: as many as run at once.
    curl_.multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(at_once));
    Result<void> outcome = pump(at_once, queue);
    drop_all();
    return outcome;
  }

 private:
  Result<void> pump(std::size_t at_once, TransferQueue& queue) {
    while (true) {
      if (stop_ != nullptr && stop_->load()) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
      while (running_.size() < at_once && Clock::now() >= queue.not_before()) {
        SG_TRY(std::unique_ptr<Transfer> next, queue.next());
        if (next == nullptr) break;
        SG_TRY_VOID(start(std::move(next)));
      }
      if (running_.empty() && queue.finished()) return {};
      int alive = 0;
      curl_.multi_perform(multi_, &alive);
      SG_TRY(const bool any, collect(queue));
      if (!any) curl_.multi_poll(multi_, nullptr, 0, running_.empty() ? kShortPoll : kPoll, nullptr);
    }
  }

  /// Hands every transfer that ended to the queue; whether there was one.
  Result<bool> collect(TransferQueue& queue) {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = std::find_if(running_.begin(), running_.end(),
                                      [&](const auto& r) { return r->handle == message->easy_handle; });
      SG_CHECK(found != running_.end(), "libcurl ended a transfer that was not begun");
      const CURLcode code = message->data.result;
      const std::unique_ptr<Running> ended = std::move(*found);
      running_.erase(found);
      if (code != CURLE_OK) ended->transfer->failure = curl_.easy_strerror(code);
      drop(*ended);
      SG_TRY_VOID(queue.done(std::move(ended->transfer)));
      any = true;
    }
    return any;
  }

  Result<void> start(std::unique_ptr<Transfer> transfer) {
    const std::string origin = origin_of(transfer->request.url);
    if (origin.empty()) {
      return Error{.what = "not an address that is fetched",
                   .where = shown_url(transfer->request.url),
                   .expected = "http:// or https://"};
    }
    auto r = std::make_unique<Running>();
    r->handle = idle_.empty() ? curl_.easy_init() : idle_.back();
    if (!idle_.empty()) idle_.pop_back();
    SG_CHECK(r->handle != nullptr, "libcurl gives no handle");
    r->transfer = std::move(transfer);
    set_up(*r);
    set_headers(*r, origin == origin_);
    curl_.multi_add_handle(multi_, r->handle);
    running_.push_back(std::move(r));
    return {};
  }

  void set_up(Running& r) {
    const HttpRequest& request = r.transfer->request;
    const auto set = [&](CURLoption option, auto value) { curl_.easy_setopt(r.handle, option, value); };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_BUFFERSIZE, kBuffer);
    set(CURLOPT_CONNECTTIMEOUT, settings_.answer_seconds);
    set(CURLOPT_LOW_SPEED_LIMIT, kSlowest);
    set(CURLOPT_LOW_SPEED_TIME, settings_.silence_seconds);
    set(CURLOPT_NOBODY, request.head ? 1L : 0L);
    set(CURLOPT_USERAGENT, "streamgauge/" SG_VERSION);
    if (!settings_.http_proxy.empty() && request.url.starts_with("http:"))
      set(CURLOPT_PROXY, settings_.http_proxy.c_str());
    if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&r));
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&r));
  }

  void set_headers(Running& r, bool own_origin) {
    const HttpRequest& request = r.transfer->request;
    const auto add = [&](const std::string& line) { r.headers = curl_.slist_append(r.headers, line.c_str()); };
    add("Accept-Encoding: identity");  // else a length is that of compressed bytes
    if (request.size > 0) add(fmt::format("Range: bytes={}-{}", request.begin, request.begin + request.size - 1));
    if (own_origin && settings_.token) add("Authorization: Bearer " + *settings_.token);
    curl_.easy_setopt(r.handle, CURLOPT_HTTPHEADER, r.headers);
  }

  /// Takes a transfer out of libcurl; its handle serves the next one.
  void drop(Running& r) {
    curl_.multi_remove_handle(multi_, r.handle);
    curl_.easy_reset(r.handle);
    idle_.push_back(r.handle);
    curl_.slist_free_all(r.headers);
  }
  void drop_all() {
    for (const auto& r : running_) drop(*r);
    running_.clear();
  }

  const CurlLibrary& curl_;
  const HubSettings settings_;
  const std::string origin_;
  const std::atomic<bool>* const stop_;
  CURLM* multi_;
  std::vector<std::unique_ptr<Running>> running_;  // each keeps its place: libcurl writes through it
  std::vector<CURL*> idle_;
};

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Result<std::unique_ptr<Http>> Http::create(const HubSettings& settings, const std::atomic<bool>* stop) {
  SG_TRY(const CurlLibrary* curl, curl_library());
  return std::unique_ptr<Http>(std::make_unique<CurlHttp>(*curl, settings, stop));
}

}  // namespace sg
