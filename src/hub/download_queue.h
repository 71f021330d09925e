// The queue of a download: which range of which file is asked for next, and what an answer means for it.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hub/download.h"
#include "hub/download_job.h"
#include "hub/http.h"

namespace sg {

class DownloadQueue final : public TransferQueue {
 public:
  DownloadQueue(Hub& hub, std::string repo, const std::vector<HubFile>& files, const CacheLayout& layout,
                const DownloadOptions& options);

  Result<std::unique_ptr<Transfer>> next() override;
  Result<void> done(std::unique_ptr<Transfer> transfer) override;
  bool finished() const override;
  /// What came of the ranges under way counts, too: for a run that was ended.
  void keep();
  std::chrono::steady_clock::time_point not_before() const override { return resume_; }

 private:
  /// One transfer's range, as it fills.
  struct InFlight {
    std::size_t job = 0;
    ByteRange range;
    std::uint64_t written = 0, noted = 0;  // bytes from its begin
    std::string refusal;                   // why the body was not taken
    std::vector<std::byte> pending;        // the last of `written`, not yet in the part: libcurl's pieces are small
  };

  Result<void> end_verified();
  /// The next transfer of a file that was begun; null: it has none now.
  std::unique_ptr<Transfer> of_job(std::size_t index);
  /// Opens the next file; false when there is none that can be begun now.
  Result<bool> begin_next();
  Result<bool> begin(std::size_t index);
  Result<void> open_part(DownloadJob& job, PartFile::Name name);
  Result<void> finish(DownloadJob& job);
  std::unique_ptr<Transfer> range_transfer(std::size_t index);
  bool take(InFlight& flight, const HttpRequest& request, const HttpAnswer& answer, std::span<const std::byte> bytes);
  Result<void> flush(InFlight& flight);
  Result<void> note(InFlight& flight);
  Result<void> ended(InFlight& flight, const Transfer& transfer);
  Result<void> retry(DownloadJob& job, const Transfer& transfer);
  void pause(std::chrono::milliseconds wait);
  Result<void> bytes_complete(DownloadJob& job);
  PartFile::Flush flushing_of(const HubFile& file, const std::filesystem::path& named) const;
  Result<void> judge(DownloadJob& job, const std::string& sum);
  void tell(const DownloadJob& job, bool always);

  Hub& hub_;
  const ContentPlace place_;
  const CacheLayout& layout_;
  const DownloadOptions& options_;
  std::vector<DownloadJob> jobs_;
  std::deque<std::size_t> waiting_;          // not begun
  std::vector<std::size_t> active_;          // begun, not done
  std::map<std::size_t, InFlight> flights_;  // a transfer's `job` is its key
  std::size_t next_flight_ = 0;
  std::optional<Error> broken_;  // of this machine: ends the run
  std::size_t left_ = 0;         // files not done
  DownloadProgress progress_;
  bool told_busy_ = false;
  std::chrono::steady_clock::time_point resume_ = {}, told_ = {};
};

}  // namespace sg
