// Several devices share the prompts of a measurement and the windows of a corpus out: emulated ones, alone and
// together, that stay, are lost midway or have too little memory. Documents are the processor's, byte for byte.
#include "measure/team.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "corpus/part.h"
#include "corpus/task_run.h"
#include "cuda/emulated_device.h"
#include "forward/numbers.h"
#include "io/temp_folder.h"
#include "measure/passes.h"
#include "report/data/measurement_json.h"

namespace sg {
namespace {

/// Of an emulated device.
struct Behaviour {
  std::size_t launches = SIZE_MAX;  // then it is lost
  std::size_t memory = std::size_t{1} << 26;
  std::size_t allocations = SIZE_MAX;  // then somebody else takes so many bytes of its memory
  std::size_t taken = 0;
};
constexpr Behaviour kGood = {}, kLostSoon = {.launches = 40}, kLostLater = {.launches = 200};
constexpr Behaviour kCrowded = {.memory = std::size_t{1} << 20, .allocations = 10, .taken = std::size_t{600} << 10};
constexpr Behaviour kFull = {.allocations = 20, .taken = std::size_t{1} << 26};

/// GPU by GPU, the devices that it is whenever it is opened; after the last it does not come back.
using Machines = std::vector<std::vector<Behaviour>>;

class DevicesTogether : public testing::Test {
 protected:
  void SetUp() override {
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    if (!kernels_for("").value()->has_fma) GTEST_SKIP() << "no instruction set with fused multiply-adds here";
    Result<Model> opened = open_model(std::filesystem::path(SG_TEST_DATA) / "golden/llama-deep");
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    model_ = std::make_unique<Model>(std::move(opened).value());
    for (int i = 0; i < 4; ++i) {
      for (const Sequence& s : test::prompts(model_->spec.vocab)) sequences_.push_back(s);
    }
  }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }

  class Emulated : public cuda::EmulatedDevice {
   public:
    Emulated(DevicesTogether& test, int number, const Behaviour& device)
        : EmulatedDevice({.memory = device.memory, .launches = device.launches}),
          test_(test),
          number_(number),
          device_(device) {}
    ~Emulated() override {
      const std::lock_guard lock(test_.mutex_);
      test_.copied_[number_] += copied_bytes();
    }
    std::size_t free_memory() const override {
      const std::size_t left = EmulatedDevice::free_memory();
      return allocations_ > device_.allocations ? left - std::min(left, device_.taken) : left;
    }
    void* allocate(cuda::MemoryKind kind, std::size_t bytes) override {
      ++allocations_;
      return EmulatedDevice::allocate(kind, bytes);
    }
    void copy(void* to, const void* from, std::size_t bytes) override {
      test_.wait_for_all(number_);
      EmulatedDevice::copy(to, from, bytes);
    }

   private:
    DevicesTogether& test_;
    const int number_;
    const Behaviour device_;
    std::size_t allocations_ = 0;
  };

  /// Until each device has begun, so that none is left without a pass however busy this machine is.
  void wait_for_all(int number) {
    constexpr std::chrono::seconds kPatience(60);
    std::unique_lock lock(mutex_);
    if (begun_.insert(number).second) changed_.notify_all();
    changed_.wait_for(lock, kPatience, [this] { return begun_.size() == opened_.size(); });
  }

  MeasureOptions options(const std::string& device, const Machines& machines) {
    opened_ = copied_ = {};
    begun_ = {};
    warnings_ = {};
    gpus_.list = [machines]() -> Result<std::vector<cuda::DeviceFacts>> {
      return std::vector<cuda::DeviceFacts>(machines.size());
    };
    gpus_.open = [this, machines](int number) -> Result<std::unique_ptr<cuda::Device>> {
      const std::lock_guard lock(mutex_);
      const std::vector<Behaviour>& devices = machines.at(static_cast<std::size_t>(number));
      const auto before = opened_.find(number);
      const std::size_t times = before == opened_.end() ? 0 : before->second;
      if (times == devices.size())
        return Error{.kind = ErrorKind::kResource, .what = "GPU " + std::to_string(number) + " does not come"};
      opened_[number] = times + 1;
      return std::unique_ptr<cuda::Device>(std::make_unique<Emulated>(*this, number, devices[times]));
    };
    MeasureOptions how = {.threads = 2, .device = device, .gpus = &gpus_};
    how.lens = LogitPositions::kLast;
    how.warn = [this](const std::string& warning) { warnings_.push_back(warning); };
    return how;
  }
  /// The part of one task of 40 documents, measured in several batches.
  std::string corpus_on(const std::string& device, const Machines& machines) {
    std::string text;
    for (int d = 0; d < 40; ++d) {
      text += "{\"ids\": [1";
      for (int t = 0; t < 7 * d % 90; ++t) text += ", " + std::to_string((t * 31 + d) % 100);
      text += "]}\n";
    }
    const std::string file = folder_.write("documents.jsonl", text).string();
    CorpusOptions corpus;
    corpus.windows.context = 64;
    const CorpusPlan plan = plan_corpus("model", "hash", {file}, corpus, 1 << 20, {}).value();
    EXPECT_EQ(plan.tasks.size(), 1u);
    MeasureOptions how = options(device, machines);
    how.memory_budget = std::size_t{1} << 20;
    const std::unique_ptr<WindowMeasurer> measurer = WindowMeasurer::create(*model_, nullptr, corpus, how).value();
    return part_of(measurer->run(plan, plan.tasks[0], {}).value());
  }

  static std::string document(Measurement measurement) {
    measurement.seconds = 0;
    measurement.peak_bytes = 0;
    return json_text(measurement_json(measurement));
  }
  Result<std::string> measured(const std::string& device, const Machines& machines = {}) {
    SG_TRY(Measurement done, measure(*model_, nullptr, sequences_, options(device, machines)));
    return document(std::move(done));
  }
  void expect_the_processors(const Result<std::string>& got) {
    ASSERT_TRUE(got.ok()) << got.error().message();
    const auto devices = std::pair(opened_, copied_);
    const std::vector<std::string> warnings = warnings_;
    EXPECT_TRUE(got.value() == measured("cpu").value());
    std::tie(opened_, copied_) = devices;
    warnings_ = warnings;
  }

  test::TempFolder folder_;
  std::unique_ptr<Model> model_;
  std::vector<Sequence> sequences_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Gpus gpus_;
  std::map<int, std::size_t> opened_, copied_;  // how often, and bytes to it, by GPU
  std::set<int> begun_;
  std::vector<std::string> warnings_;
};

TEST_F(DevicesTogether, GiveTheDocumentOfOneAndOfTheProcessor) {
  expect_the_processors(measured("cuda:2", {{}, {}, {kGood}}));
  const std::size_t weights = copied_[2];
  EXPECT_GT(weights, 0u);
  for (const auto& [device, count] : {std::pair("cuda:0,2", 2), std::pair("cuda:all", 3)}) {
    expect_the_processors(measured(device, {{kGood}, {kGood}, {kGood}}));
    EXPECT_EQ(opened_.size(), static_cast<std::size_t>(count));
    EXPECT_TRUE(warnings_.empty());
    for (const auto& [gpu, bytes] : copied_) {
      EXPECT_GT(bytes, weights / 2) << device << ": GPU " << gpu << " computes, with weights of its own";
      EXPECT_LT(bytes, 2 * weights) << device << ": and with no other's";
    }
  }
}

TEST_F(DevicesTogether, GoOnWithoutOneThatIsLost) {
  for (const Behaviour& lost : {kLostSoon, kLostLater}) {
    expect_the_processors(measured("cuda:0,1", {{kGood}, {lost}}));
    ASSERT_EQ(warnings_.size(), 1u);
    EXPECT_NE(warnings_[0].find("the device is lost: the other GPUs go on without GPU 1"), std::string::npos)
        << warnings_[0];
    expect_the_processors(measured("cuda:all", {{lost}, {lost}, {kGood}}));
    EXPECT_EQ(warnings_.size(), 2u);
  }
}

TEST_F(DevicesTogether, TakeOneThatCameBack) {
  expect_the_processors(measured("cuda:0,1", {{kGood}, {kLostSoon, kGood}}));
  EXPECT_EQ(opened_[1], 2u);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("in two smaller passes"), std::string::npos) << warnings_[0];
}

TEST_F(DevicesTogether, AreAnErrorWhenAllAreLost) {
  const Result<std::string> got = measured("cuda:all", {{kLostSoon}, {kLostLater}, {kLostSoon}});
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, ErrorKind::kResource);
  EXPECT_NE(got.error().message().find("the device is lost"), std::string::npos) << got.error().message();
  EXPECT_EQ(warnings_.size(), 2u);
}

TEST_F(DevicesTogether, GoOnWhenOneHasTooLittleMemory) {
  expect_the_processors(measured("cuda:0,1", {{kGood}, std::vector(20, kCrowded)}));
  EXPECT_GT(opened_[1], 1u) << "smaller passes on it";
  for (const std::string& warning : warnings_) EXPECT_NE(warning.find("smaller"), std::string::npos) << warning;
  expect_the_processors(measured("cuda:0,1", {{kGood}, std::vector(20, kFull)}));
  ASSERT_FALSE(warnings_.empty());
  EXPECT_NE(warnings_.back().find("the other GPUs go on without GPU 1"), std::string::npos) << warnings_.back();
}

TEST_F(DevicesTogether, AreThoseThatCanBeUsedOrExactlyThoseThatAreNamed) {
  expect_the_processors(measured("cuda:all", {{}, {kGood}}));
  EXPECT_EQ(measured("cuda:0,1", {{}, {kGood}}).error().what, "GPU 0 does not come");
  EXPECT_EQ(measured("cuda:all", {{}, {}}).error().what, "GPU 0 does not come");
  EXPECT_EQ(measured("cuda:all", {}).error().what, "there is no GPU");
}

TEST_F(DevicesTogether, EndWhenTheyAreStopped) {
  MeasureOptions how = options("cuda:0,1", {{kGood}, {kGood}});
  std::atomic<bool> stop = false;
  how.stop = &stop;
  double last = 0;
  how.progress = [&](double share) {
    EXPECT_GT(share, last);
    EXPECT_LE(share, 1);
    last = share;
    stop = share > 0.5;
  };
  const Result<Measurement> done = measure(*model_, nullptr, sequences_, how);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kInterrupted);
  EXPECT_GT(last, 0.5);
}

TEST_F(DevicesTogether, ShareACorpusOut) {
  const std::string want = corpus_on("cpu", {});
  EXPECT_EQ(corpus_on("cuda:0,1", {{kGood}, {kGood}}), want);
  EXPECT_GT(copied_[0], 0u);
  EXPECT_GT(copied_[1], 0u);
  EXPECT_EQ(corpus_on("cuda:all", {{kLostLater}, {kGood}, std::vector(90, kCrowded)}), want);
  EXPECT_FALSE(warnings_.empty());
}

TEST_F(DevicesTogether, HalveACorpussPassesForWantOfMemory) {
  const std::string want = corpus_on("cpu", {});
  EXPECT_TRUE(warnings_.empty());
  EXPECT_EQ(corpus_on("cuda:0", {std::vector(90, kCrowded)}), want);
  ASSERT_FALSE(warnings_.empty());
  EXPECT_EQ(opened_[0], warnings_.size() + 1);
  for (const std::string& warning : warnings_)
    EXPECT_NE(warning.find("the pass is done in two smaller ones"), std::string::npos) << warning;
}

TEST(SharesOfTokens, AreAsManyPassesWhereTheMemoryIsLarge) {
  const auto rows = [](std::size_t n, std::size_t) { return n; };
  using Ends = std::vector<std::size_t>;
  EXPECT_EQ(pack_passes(std::vector<std::size_t>{4, 4, 4, 4, 4, 4}, 100, rows, 3), (Ends{2, 4, 6}));
  EXPECT_EQ(pack_passes(std::vector<std::size_t>{9, 1, 1, 1}, 100, rows, 2), (Ends{1, 4}));
  EXPECT_EQ(pack_passes(std::vector<std::size_t>{4, 4, 4, 4}, 4, rows, 2), (Ends{1, 2, 3, 4}));
  EXPECT_EQ(pack_passes(std::vector<std::size_t>{7}, 100, rows, 3), (Ends{1}));
  EXPECT_EQ(pack_passes(std::vector<std::size_t>{}, 100, rows, 3), Ends{});
}

}  // namespace
}  // namespace sg
