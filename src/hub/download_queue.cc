#include "hub/download_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kProgress = 65536;                   // bytes after which a failure counts as a first one again
constexpr int kMostRedirects = 20;                           // as the Python client
constexpr auto kBusyPause = std::chrono::milliseconds(200);  // between two looks at a lock
constexpr auto kTellEvery = std::chrono::milliseconds(100);

bool is_redirect(long status) { return status >= 301 && status <= 308 && status != 304; }

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

/// An address whose signature ran out answers so, at whatever host the content lies.
bool may_be_expired(long status) {
  return status == 400 || status == 401 || status == 403 || status == 404 || status == 410;
}

}  // namespace

void DownloadJob::plan() {
  todo.clear();
  if (whole_only) {
    todo.push_back({0, file.size});
    return;
  }
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  const std::uint64_t step = std::clamp((file.size / 64 + kMiB - 1) / kMiB * kMiB, kSmallestRange, kLargestRange);
  for (const ByteRange& gap : part->present().missing({0, file.size})) {
    for (std::uint64_t at = gap.begin; at < gap.end; at += step) todo.push_back({at, std::min(at + step, gap.end)});
  }
}

DownloadQueue::DownloadQueue(Hub& hub, std::string repo, const std::vector<HubFile>& files, const CacheLayout& layout,
                             const DownloadOptions& options)
    : hub_(hub), repo_(std::move(repo)), layout_(layout), options_(options), left_(files.size()) {
  jobs_.reserve(files.size());
  for (const HubFile& file : files) {
    waiting_.push_back(jobs_.size());
    jobs_.emplace_back().file = file;
    progress_.total += file.size;
  }
  progress_.files = files.size();
}

bool DownloadQueue::finished() const { return left_ == 0; }

void DownloadQueue::keep() {
  for (auto& [key, flight] : flights_) static_cast<void>(note(flight));
}

Result<std::unique_ptr<Transfer>> DownloadQueue::next() {
  while (true) {
    SG_TRY_VOID(end_verified());
    std::size_t busy = 0;
    for (const std::size_t index : active_) {
      if (std::unique_ptr<Transfer> transfer = of_job(index)) return transfer;
      busy += jobs_[index].running > 0 ? 1 : 0;
    }
    if (busy >= options_.connections) return std::unique_ptr<Transfer>();
    SG_TRY(const bool begun, begin_next());
    if (!begun) return std::unique_ptr<Transfer>();
  }
}

Result<void> DownloadQueue::end_verified() {
  for (const std::size_t index : std::vector(active_)) {
    DownloadJob& job = jobs_[index];
    if (job.done || !job.verifier || !job.verifier->ready()) continue;
    SG_TRY(const std::string sum, job.verifier->sum());
    SG_TRY_VOID(judge(job, sum));
  }
  std::erase_if(active_, [&](std::size_t index) { return jobs_[index].done; });
  return {};
}

Result<bool> DownloadQueue::begin_next() {
  for (std::size_t tried = waiting_.size(); tried > 0; --tried) {
    const std::size_t index = waiting_.front();
    waiting_.pop_front();
    SG_TRY(const bool begun, begin(index));
    if (begun) return true;
    waiting_.push_back(index);
  }
  if (!waiting_.empty() && active_.empty()) {
    if (!told_busy_) hub_.say("another program is fetching the same file: waiting for it");
    told_busy_ = true;
    resume_ = Clock::now() + kBusyPause;
  }
  return false;
}

Result<bool> DownloadQueue::begin(std::size_t index) {
  DownloadJob& job = jobs_[index];
  SG_TRY_VOID(layout_.make_folders(job.file));
  const LockState lock = job.lock.take(layout_.lock(job.file));
  if (lock == LockState::kBusy) return false;
  const bool there =
      has_size(layout_.pointer(job.file), job.file.size) || has_size(layout_.blob(job.file), job.file.size);
  if (there) {
    SG_TRY_VOID(layout_.point(job.file));
    progress_.done += job.file.size;
    SG_TRY_VOID(finish(job));
    return true;
  }
  SG_TRY_VOID(open_part(job, lock == LockState::kTaken ? PartFile::Name::kKept : PartFile::Name::kOwn));
  active_.push_back(index);
  if (job.todo.empty()) SG_TRY_VOID(bytes_complete(job));
  return true;
}

Result<void> DownloadQueue::open_part(DownloadJob& job, PartFile::Name name) {
  SG_TRY(PartFile part, PartFile::open(layout_.blob(job.file), job.file.size, name));
  job.part = std::make_unique<PartFile>(std::move(part));
  progress_.done += job.part->present().total();
  job.plan();
  if (job.file.size > kSmallestRange) {
    job.verifier = std::make_unique<Verifier>(job.file, *job.part);
    job.verifier->follow(job.part->present().prefix());
  }
  return {};
}

std::unique_ptr<Transfer> DownloadQueue::of_job(std::size_t index) {
  DownloadJob& job = jobs_[index];
  if (job.todo.empty() || job.locating) return nullptr;
  if (job.location.empty() && job.is_large()) return locate(index);
  if (job.whole_only && job.running > 0) return nullptr;
  return range_transfer(index);
}

std::unique_ptr<Transfer> DownloadQueue::locate(std::size_t index) {
  DownloadJob& job = jobs_[index];
  job.locating = true;
  auto transfer = std::make_unique<Transfer>();
  transfer->request = {.url = hub_.content_url(repo_, layout_.commit, job.file.path), .head = true};
  transfer->job = index;
  return transfer;
}

std::unique_ptr<Transfer> DownloadQueue::range_transfer(std::size_t index) {
  DownloadJob& job = jobs_[index];
  const std::size_t key = next_flight_++;
  InFlight& flight = flights_[key];
  flight.job = index;
  flight.range = job.todo.front();
  job.todo.pop_front();
  ++job.running;
  auto transfer = std::make_unique<Transfer>();
  const std::string own = hub_.content_url(repo_, layout_.commit, job.file.path);
  transfer->request = {
      .url = job.location.empty() ? own : job.location, .begin = flight.range.begin, .size = flight.range.size()};
  transfer->job = key;
  transfer->sink = [this, &flight](const HttpAnswer& answer, std::span<const std::byte> bytes) {
    return take(flight, answer, bytes);
  };
  return transfer;
}

bool DownloadQueue::check_first(InFlight& flight, const HttpAnswer& answer) {
  DownloadJob& job = jobs_[flight.job];
  flight.checked = true;
  if (answer.status == 206) {
    const auto told = content_range(answer.header("content-range"));
    if (told && told->first == flight.range.begin && told->second == job.file.size) return true;
    flight.refusal = "the range '" + answer.header("content-range") + "'";
    return false;
  }
  const std::string length = answer.header("content-length");
  if (!length.empty() && length != std::to_string(job.file.size)) {
    flight.refusal = length + " bytes";
    return false;
  }
  const bool whole = flight.range.begin == 0 && flight.range.end == job.file.size;
  job.whole_only = job.whole_only || !whole;
  return whole;
}

bool DownloadQueue::take(InFlight& flight, const HttpAnswer& answer, std::span<const std::byte> bytes) {
  if (!flight.checked && !check_first(flight, answer)) return false;
  DownloadJob& job = jobs_[flight.job];
  if (bytes.size() > flight.range.size() - flight.written) {
    flight.refusal = "more bytes than were asked for";
    return false;
  }
  Result<void> written = job.part->write(flight.range.begin + flight.written, bytes);
  flight.written += bytes.size();
  progress_.done += bytes.size();
  if (written.ok() && flight.written - flight.noted >= kNoteEvery) written = note(flight);
  if (!written.ok()) broken_ = written.error();
  tell(job, false);
  return written.ok();
}

Result<void> DownloadQueue::note(InFlight& flight) {
  DownloadJob& job = jobs_[flight.job];
  if (job.part == nullptr || flight.written == flight.noted) return {};
  SG_TRY_VOID(job.part->note({flight.range.begin + flight.noted, flight.range.begin + flight.written}));
  flight.noted = flight.written;
  if (job.verifier) job.verifier->follow(job.part->present().prefix());
  return {};
}

Result<void> DownloadQueue::done(std::unique_ptr<Transfer> transfer) {
  if (broken_) return *broken_;
  if (transfer->request.head) return located(jobs_[transfer->job], *transfer);
  const auto found = flights_.find(transfer->job);
  SG_CHECK(found != flights_.end(), "a transfer of no range ended");
  Result<void> outcome = ended(found->second, *transfer);
  flights_.erase(found);
  return outcome;
}

Result<void> DownloadQueue::located(DownloadJob& job, const Transfer& transfer) {
  job.locating = false;
  const HttpAnswer& answer = transfer.answer;
  const bool moved = is_redirect(answer.status) && !answer.header("location").empty();
  if (!transfer.failure.empty() || (!moved && answer.status != 200)) return retry(job, transfer);
  const std::string size = answer.header("x-linked-size");
  std::string etag = answer.header("x-linked-etag");
  std::erase(etag, '"');
  if ((!size.empty() && size != std::to_string(job.file.size)) || (!etag.empty() && etag != job.file.sha256)) {
    return Error{.what = fmt::format("the Hub names another content of {} than its listing did", job.file.path),
                 .where = shown_url(transfer.request.url),
                 .expected = fmt::format("{} bytes, {}", job.file.size, job.file.sha256),
                 .got = fmt::format("{} bytes, {}", size, etag),
                 .hint = "try again in a while"};
  }
  job.location = moved ? absolute_url(transfer.request.url, answer.header("location")) : transfer.request.url;
  return {};
}

Result<void> DownloadQueue::ended(InFlight& flight, const Transfer& transfer) {
  DownloadJob& job = jobs_[flight.job];
  --job.running;
  SG_TRY_VOID(note(flight));
  if (flight.written >= std::min(kProgress, flight.range.size())) job.failures = job.redirects = 0;
  if (flight.written == flight.range.size()) {
    const bool all = job.running == 0 && job.todo.empty();
    return all ? bytes_complete(job) : Result<void>();
  }
  if (job.whole_only) {
    if (job.running == 0) {
      progress_.done -= job.part->present().total();
      job.plan();
    }
    return transfer.answer.status == 200 && flight.written == 0 ? Result<void>() : retry(job, transfer);
  }
  job.todo.push_front({flight.range.begin + flight.written, flight.range.end});
  if (!flight.refusal.empty()) {
    return Error{.what = fmt::format("the server sent something else than {} of {}", job.file.path, repo_),
                 .where = shown_url(transfer.request.url),
                 .expected = fmt::format("bytes {}-{} of {}", flight.range.begin, flight.range.end - 1, job.file.size),
                 .got = flight.refusal,
                 .hint = "a proxy may have answered in its place; try again in a while"};
  }
  const bool redirect = is_redirect(transfer.answer.status) && !transfer.answer.header("location").empty();
  if (transfer.failure.empty() && redirect) return redirected(job, transfer);
  if (transfer.failure.empty() && may_be_expired(transfer.answer.status) && !hub_.is_own(transfer.request.url) &&
      ++job.redirects < kMostRedirects) {
    job.location.clear();  // its signature ran out: the Hub gives another
    return {};
  }
  return retry(job, transfer);
}

Result<void> DownloadQueue::redirected(DownloadJob& job, const Transfer& transfer) {
  if (++job.redirects > kMostRedirects) {
    return Error{.what = "the Hub redirects in a circle", .where = shown_url(transfer.request.url)};
  }
  job.location = absolute_url(transfer.request.url, transfer.answer.header("location"));
  return {};
}

Result<void> DownloadQueue::retry(DownloadJob& job, const Transfer& transfer) {
  const Asked asked = {.repo = repo_,
                       .revision = layout_.commit,
                       .file = job.file.path,
                       .with_token = hub_.settings().token.has_value()};
  if (is_missing_file(transfer.answer)) layout_.mark_missing(job.file.path);
  const auto wait = wait_before_retry(transfer, ++job.failures);
  if (!wait) return answer_error(transfer, asked);
  if (transfer.answer.status == 429) hub_.say(waiting_text(*wait));
  resume_ = std::max(resume_, Clock::now() + *wait);
  return {};
}

Result<void> DownloadQueue::bytes_complete(DownloadJob& job) {
  if (job.verifier) {
    job.verifier->follow(job.file.size);
    return {};  // end_verified sees it
  }
  SG_TRY(const std::string sum, sum_of(job.file, *job.part));
  return judge(job, sum);
}

Result<void> DownloadQueue::judge(DownloadJob& job, const std::string& sum) {
  job.verifier.reset();
  if (sum == job.file.etag()) {
    SG_TRY_VOID(job.part->finish(layout_.symlinks ? layout_.blob(job.file) : layout_.pointer(job.file)));
    if (layout_.symlinks) SG_TRY_VOID(layout_.point(job.file));
    return finish(job);
  }
  const bool had_earlier = job.part->resumed() > 0;
  job.part->discard();
  if (had_earlier && !job.restarted) {
    hub_.say(fmt::format("{}: what an earlier call left is damaged and is fetched again", job.file.path));
    job.restarted = true;
    progress_.done -= job.file.size;
    return open_part(job, PartFile::Name::kKept);
  }
  return Error{.what = fmt::format("{} arrived damaged and was not kept", job.file.path),
               .where = hub_.content_url(repo_, layout_.commit, job.file.path),
               .expected = fmt::format("{} {}", job.is_large() ? "SHA-256" : "git SHA-1", job.file.etag()),
               .got = sum,
               .hint = "try again; when it stays so, something between here and the Hub alters the bytes"};
}

Result<void> DownloadQueue::finish(DownloadJob& job) {
  job.part.reset();
  job.lock.release();
  job.done = true;
  --left_;
  ++progress_.files_done;
  tell(job, true);
  return {};
}

void DownloadQueue::tell(const DownloadJob& job, bool always) {
  const auto now = Clock::now();
  if (!options_.progress || (!always && now - told_ < kTellEvery)) return;
  told_ = now;
  progress_.file = job.file.path;
  progress_.file_size = job.file.size;
  progress_.file_done = job.part ? job.part->present().total() : job.file.size;
  options_.progress(progress_);
}

}  // namespace sg
