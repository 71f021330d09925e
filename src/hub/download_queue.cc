#include "hub/download_queue.h"

#include <fmt/format.h>

#include <algorithm>

#include "hub/unflushed.h"

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kProgress = 65536;                    // bytes after which a failure counts as a first one again
constexpr std::size_t kWriteAt = std::size_t{256} << 10;      // bytes gathered for one write; stay in a cache
constexpr std::uint64_t kWaitedFor = std::uint64_t{8} << 20;  // bytes of a file below which the disk is waited for
constexpr auto kBusyPause = std::chrono::milliseconds(200);   // between two looks at a lock
constexpr auto kTellEvery = std::chrono::milliseconds(100);

}  // namespace

void DownloadJob::plan() {
  todo.clear();
  if (whole_only) {
    todo.push_back({0, file.size});
    return;
  }
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  const std::uint64_t step = std::clamp((file.size / 128 + kMiB - 1) / kMiB * kMiB, kSmallestRange, kLargestRange);
  for (const ByteRange& gap : part->present().missing({0, file.size})) {
    for (std::uint64_t at = gap.begin; at < gap.end; at += step) todo.push_back({at, std::min(at + step, gap.end)});
  }
}

DownloadQueue::DownloadQueue(Hub& hub, std::string repo, const std::vector<HubFile>& files, const CacheLayout& layout,
                             const DownloadOptions& options)
    : hub_(hub),
      place_{.hub = hub, .repo = std::move(repo), .commit = layout.commit},
      layout_(layout),
      options_(options),
      left_(files.size()) {
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
  if (job.todo.empty() || (job.whole_only && job.running > 0)) return nullptr;
  if (std::unique_ptr<Transfer> asking = job.location.ask(job.file, place_)) {
    asking->job = index;
    return asking;
  }
  return job.location.known(job.file) ? range_transfer(index) : nullptr;
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
  transfer->request = {
      .url = job.location.url(job.file, place_), .begin = flight.range.begin, .size = flight.range.size()};
  transfer->job = key;
  transfer->sink = [this, &flight, request = transfer->request](const HttpAnswer& answer,
                                                                std::span<const std::byte> bytes) {
    return take(flight, request, answer, bytes);
  };
  return transfer;
}

bool DownloadQueue::take(InFlight& flight, const HttpRequest& request, const HttpAnswer& answer,
                         std::span<const std::byte> bytes) {
  if (flight.written == 0) {
    flight.refusal = wrong_range(answer, request, jobs_[flight.job].file);
    const bool whole = flight.refusal.empty() && is_whole_answer(answer, request, jobs_[flight.job].file);
    jobs_[flight.job].whole_only = jobs_[flight.job].whole_only || whole;
    if (whole || !flight.refusal.empty()) return false;
  }
  DownloadJob& job = jobs_[flight.job];
  if (bytes.size() > flight.range.size() - flight.written) {
    flight.refusal = "more bytes than were asked for";
    return false;
  }
  if (flight.pending.capacity() == 0) flight.pending.reserve(2 * kWriteAt);
  flight.pending.insert(flight.pending.end(), bytes.begin(), bytes.end());
  flight.written += bytes.size();
  progress_.done += bytes.size();
  Result<void> written;
  if (flight.pending.size() >= kWriteAt) written = flush(flight);
  if (written.ok() && flight.written - flight.noted >= kNoteEvery) written = note(flight);
  if (!written.ok()) broken_ = written.error();
  tell(job, false);
  return written.ok();
}

Result<void> DownloadQueue::flush(InFlight& flight) {
  const std::uint64_t from = flight.range.begin + flight.written - flight.pending.size();
  SG_TRY_VOID(jobs_[flight.job].part->write(from, flight.pending));
  flight.pending.clear();
  return {};
}

Result<void> DownloadQueue::note(InFlight& flight) {
  DownloadJob& job = jobs_[flight.job];
  if (job.part == nullptr || flight.written == flight.noted) return {};
  SG_TRY_VOID(flush(flight));
  SG_TRY_VOID(job.part->note({flight.range.begin + flight.noted, flight.range.begin + flight.written}));
  flight.noted = flight.written;
  if (job.verifier) job.verifier->follow(job.part->present().prefix());
  return {};
}

Result<void> DownloadQueue::done(std::unique_ptr<Transfer> transfer) {
  if (broken_) return *broken_;
  if (transfer->request.head) {
    DownloadJob& job = jobs_[transfer->job];
    SG_TRY(const auto wait, job.location.answered(*transfer, job.file, place_));
    pause(wait);
    return {};
  }
  const auto found = flights_.find(transfer->job);
  SG_CHECK(found != flights_.end(), "a transfer of no range ended");
  Result<void> outcome = ended(found->second, *transfer);
  flights_.erase(found);
  return outcome;
}

Result<void> DownloadQueue::ended(InFlight& flight, const Transfer& transfer) {
  DownloadJob& job = jobs_[flight.job];
  --job.running;
  SG_TRY_VOID(note(flight));
  if (flight.written >= std::min(kProgress, flight.range.size())) job.location.came();
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
  if (!flight.refusal.empty()) return wrong_content(transfer, job.file, flight.refusal);
  return retry(job, transfer);
}

Result<void> DownloadQueue::retry(DownloadJob& job, const Transfer& transfer) {
  if (is_missing_file(transfer.answer)) layout_.mark_missing(job.file.path);
  SG_TRY(const auto wait, job.location.failed(transfer, job.file, place_));
  pause(wait);
  return {};
}

void DownloadQueue::pause(std::chrono::milliseconds wait) {
  if (wait.count() > 0) resume_ = std::max(resume_, Clock::now() + wait);
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
    const std::filesystem::path named = layout_.symlinks ? layout_.blob(job.file) : layout_.pointer(job.file);
    SG_TRY_VOID(job.part->finish(named, flushing_of(job.file, named)));
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
               .where = hub_.content_url(place_.repo, place_.commit, job.file.path),
               .expected = fmt::format("{} {}", job.file.sha256.empty() ? "git SHA-1" : "SHA-256", job.file.etag()),
               .got = sum,
               .hint = "try again; when it stays so, something between here and the Hub alters the bytes"};
}

PartFile::Flush DownloadQueue::flushing_of(const HubFile& file, const std::filesystem::path& named) const {
  if (file.size < kWaitedFor) return are_flushed_alone(jobs_.size()) ? PartFile::Flush::kNow : PartFile::Flush::kLater;
  return mark_unflushed(layout_, file, named) ? PartFile::Flush::kLater : PartFile::Flush::kNow;
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
