#include "hub/remote_reader.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kConnections = 8;

/// The queue of one call: each piece until all of it came.
class PieceQueue final : public TransferQueue {
 public:
  PieceQueue(std::span<const RemoteReader::Wanted> wanted, const ContentPlace& place, RemoteTraffic& traffic)
      : place_(place), traffic_(traffic) {
    for (const RemoteReader::Wanted& w : wanted) {
      if (!w.piece.out.empty()) waiting_.push_back({w, 0, {}});
    }
    left_ = waiting_.size();
  }

  Result<std::unique_ptr<Transfer>> next() override {
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      Job& job = waiting_[i];
      if (std::unique_ptr<Transfer> asking = job.wanted.location->ask(*job.wanted.file, place_)) {
        const std::size_t key = next_++;
        asking->job = key;
        asked_[key] = job.wanted;
        ++traffic_.requests;
        return asking;
      }
      if (!job.wanted.location->known(*job.wanted.file)) continue;
      const std::size_t key = next_++;
      running_[key] = std::move(job);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      return transfer_of(key);
    }
    return std::unique_ptr<Transfer>();
  }

  Result<void> done(std::unique_ptr<Transfer> transfer) override {
    if (transfer->request.head) {
      const RemoteReader::Wanted wanted = asked_[transfer->job];
      asked_.erase(transfer->job);
      SG_TRY(const auto wait, wanted.location->answered(*transfer, *wanted.file, place_));
      pause(wait);
      return {};
    }
    Job job = std::move(running_[transfer->job]);
    running_.erase(transfer->job);
    if (!job.refusal.empty()) return wrong_content(*transfer, *job.wanted.file, job.refusal);
    if (job.written > 0) job.wanted.location->came();
    if (job.written == job.wanted.piece.out.size()) {
      --left_;
      return {};
    }
    SG_TRY(const auto wait, job.wanted.location->failed(*transfer, *job.wanted.file, place_));
    pause(wait);
    job.wanted.piece.offset += job.written;
    job.wanted.piece.out = job.wanted.piece.out.subspan(job.written);
    waiting_.push_front({job.wanted, 0, {}});
    return {};
  }
  bool finished() const override { return left_ == 0; }
  Clock::time_point not_before() const override { return resume_; }

 private:
  struct Job {
    RemoteReader::Wanted wanted;
    std::size_t written = 0;
    std::string refusal;
  };

  std::unique_ptr<Transfer> transfer_of(std::size_t key) {
    Job& job = running_[key];
    const HubFile& file = *job.wanted.file;
    auto transfer = std::make_unique<Transfer>();
    transfer->request = {.url = job.wanted.location->url(file, place_),
                         .begin = job.wanted.piece.offset,
                         .size = job.wanted.piece.out.size()};
    transfer->job = key;
    ++traffic_.requests;
    transfer->sink = [this, &job, request = transfer->request](const HttpAnswer& answer,
                                                               std::span<const std::byte> bytes) {
      return take(job, request, answer, bytes);
    };
    return transfer;
  }

  bool take(Job& job, const HttpRequest& request, const HttpAnswer& answer, std::span<const std::byte> bytes) {
    traffic_.bytes += bytes.size();
    if (job.written == 0) {
      job.refusal = wrong_range(answer, request, *job.wanted.file);
      if (job.refusal.empty() && is_whole_answer(answer, request, *job.wanted.file))
        job.refusal = "the whole file: this server gives no ranges";
    }
    const std::span<std::byte> rest = job.wanted.piece.out.subspan(job.written);
    if (job.refusal.empty() && bytes.size() > rest.size()) job.refusal = "more bytes than were asked for";
    if (!job.refusal.empty()) return false;
    std::memcpy(rest.data(), bytes.data(), bytes.size());
    job.written += bytes.size();
    return true;
  }

  void pause(std::chrono::milliseconds wait) {
    if (wait.count() > 0) resume_ = std::max(resume_, Clock::now() + wait);
  }

  const ContentPlace& place_;
  RemoteTraffic& traffic_;
  std::deque<Job> waiting_;
  std::map<std::size_t, Job> running_;
  std::map<std::size_t, RemoteReader::Wanted> asked_;
  std::size_t left_ = 0, next_ = 0;
  Clock::time_point resume_ = {};
};

}  // namespace

Result<void> RemoteReader::read(std::span<const Wanted> wanted) {
  const std::lock_guard lock(mutex_);
  const ContentPlace place = {.hub = hub_, .repo = repo_, .commit = commit_};
  PieceQueue queue(wanted, place, traffic_);
  return hub_.http().run(kConnections, queue);
}

RemoteTraffic RemoteReader::traffic() const {
  const std::lock_guard lock(mutex_);
  return traffic_;
}

}  // namespace sg
