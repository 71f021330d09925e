// What a run computes on: the words for it, what is remembered of GPUs, and passes on one that lacks memory or is lost.
#include "measure/device.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cuda/emulated_device.h"
#include "forward/numbers.h"
#include "io/temp_folder.h"
#include "measure/passes.h"
#include "measure/recorder.h"

namespace sg {
namespace {

using Kind = DeviceChoice::Kind;

TEST(Device, WordsChooseIt) {
  EXPECT_EQ(parse_device("").value().kind, Kind::kCpu);
  EXPECT_EQ(parse_device("cpu").value().kind, Kind::kCpu);
  EXPECT_EQ(parse_device("auto").value().kind, Kind::kAuto);
  EXPECT_EQ(parse_device("cuda").value().kind, Kind::kCuda);
  using Numbers = std::vector<int>;
  EXPECT_EQ(parse_device("cuda").value().numbers, Numbers{0});
  EXPECT_EQ(parse_device("cuda:12").value().numbers, Numbers{12});
  EXPECT_EQ(parse_device("cuda:2,0,11").value().numbers, (Numbers{2, 0, 11}));
  EXPECT_EQ(parse_device("cuda:all").value().numbers, Numbers{});
  for (const char* word : {"gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda1", "cuda:99999999999",
                           "cuda:0,", "cuda:,1", "cuda:0,0", "cuda:0;1", "cuda:all,1"}) {
    const Result<DeviceChoice> choice = parse_device(word);
    ASSERT_FALSE(choice.ok()) << word;
    EXPECT_EQ(choice.error().kind, ErrorKind::kUsage);
  }
}

class Verdicts : public testing::Test {
 protected:
  void SetUp() override { setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }
  test::TempFolder folder_;
};

TEST_F(Verdicts, AreOfOneNameAndOneDriver) {
  const cuda::DeviceFacts gpu = {.name = "GPU A", .driver = "CUDA 12.4"};
  cuda::DeviceFacts updated = gpu, other = gpu;
  updated.driver = "CUDA 13.0";
  other.name = "GPU AB";
  EXPECT_EQ(remembered_verdict(gpu), DeviceVerdict::kUnknown);
  ASSERT_TRUE(remember_verdict(gpu, DeviceVerdict::kEqual).ok());
  ASSERT_TRUE(remember_verdict(other, DeviceVerdict::kDiffers).ok());
  EXPECT_EQ(remembered_verdict(gpu), DeviceVerdict::kEqual);
  EXPECT_EQ(remembered_verdict(other), DeviceVerdict::kDiffers);
  EXPECT_EQ(remembered_verdict(updated), DeviceVerdict::kUnknown);
  ASSERT_TRUE(remember_verdict(gpu, DeviceVerdict::kUnknown).ok());
  EXPECT_EQ(remembered_verdict(gpu), DeviceVerdict::kUnknown);
  EXPECT_EQ(remembered_verdict(other), DeviceVerdict::kDiffers);
}

class Passes : public Verdicts {
 protected:
  void SetUp() override {
    Verdicts::SetUp();
    if (!kernels_for("").value()->has_fma) GTEST_SKIP() << "no instruction set with fused multiply-adds here";
    Result<Model> opened = open_model(std::filesystem::path(SG_TEST_DATA) / "golden/llama-deep");
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    model_ = std::make_unique<Model>(std::move(opened).value());
    for (int i = 0; i < 3; ++i) {
      for (const Sequence& s : test::prompts(model_->spec.vocab)) sequences_.push_back(s);
    }
  }

  /// Every number of all prompts in one pass, or in more where the machine needs it.
  Result<std::vector<double>> numbers_on(const std::string& device) {
    std::vector<SequenceMeasurement> all(sequences_.size());
    WeightStream weights(*model_);
    MeasureOptions options = {.threads = 2, .device = device, .gpus = &gpus_};
    options.warn = [this](const std::string& warning) { warnings_.push_back(warning); };
    SG_TRY(const std::unique_ptr<Team> team, Team::open(*model_, options));
    const auto run_pass = [&](const Pass& pass) -> Result<void> {
      const std::span<SequenceMeasurement> group(all.data() + pass.first, pass.tokens.sequences());
      for (std::size_t s = 0; s < group.size(); ++s) group[s] = {.sequence = sequences_[pass.first + s]};
      Backend& backend = (*team)[pass.machine].backend();
      Recorder recorder(model_->spec, pass.tokens, options, backend, group);
      RunContext run = {.backend = backend, .tap = recorder};
      SG_TRY_VOID(run_forward(*model_, weights, pass.tokens, run));
      recorder.finish();
      return {};
    };
    SG_TRY_VOID(for_each_pass(sequences_, {sequences_.size()}, options, *team, run_pass));
    std::vector<double> numbers;
    for (const SequenceMeasurement& m : all) test::append(numbers, test::numbers(m));
    return numbers;
  }
  using Devices = std::vector<cuda::EmulatedDevice::Options>;
  Result<std::vector<double>> numbers_on(const Devices& devices) {
    opened_ = 0;
    gpus_.open = [&](int number) -> Result<std::unique_ptr<cuda::Device>> {
      EXPECT_EQ(number, 3);
      if (opened_ == devices.size())
        return Error{.kind = ErrorKind::kResource, .what = "the device does not come back"};
      return std::unique_ptr<cuda::Device>(std::make_unique<cuda::EmulatedDevice>(devices[opened_++]));
    };
    return numbers_on("cuda:3");
  }

  std::unique_ptr<Model> model_;
  std::vector<Sequence> sequences_;
  Gpus gpus_;
  std::vector<std::string> warnings_;
  std::size_t opened_ = 0;
};

TEST_F(Passes, OneThatFailsForWantOfMemoryIsDoneInTwoAndSaysSo) {
  const std::vector<double> want = numbers_on("cpu").value();
  EXPECT_TRUE(warnings_.empty());
  const cuda::EmulatedDevice::Options small = {.memory = std::size_t{256} << 10};
  const Result<std::vector<double>> got = numbers_on(std::vector(10, small));
  ASSERT_TRUE(got.ok()) << got.error().message();
  EXPECT_TRUE(test::same_bits(got.value(), want));
  ASSERT_FALSE(warnings_.empty());
  EXPECT_EQ(opened_, warnings_.size() + 1);
  EXPECT_NE(warnings_[0].find("9 prompts in two smaller passes"), std::string::npos) << warnings_[0];
}

TEST_F(Passes, APromptThatDoesNotFitAloneIsAnError) {
  const cuda::EmulatedDevice::Options tiny = {.memory = std::size_t{64} << 10};
  const Result<std::vector<double>> got = numbers_on(std::vector(10, tiny));
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, ErrorKind::kResource);
}

TEST_F(Passes, ADeviceThatWasLostAndCameBackGoesOn) {
  const std::vector<double> want = numbers_on("cpu").value();
  const Result<std::vector<double>> got = numbers_on(Devices{{.launches = 40}, {}});
  ASSERT_TRUE(got.ok()) << got.error().message();
  EXPECT_TRUE(test::same_bits(got.value(), want));
}

TEST_F(Passes, ADeviceThatDoesNotComeBackIsAnError) {
  const Result<std::vector<double>> got = numbers_on(Devices{{.launches = 40}});
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, ErrorKind::kResource);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Passes, AGpuThatGaveOtherBitsIsRefused) {
  ASSERT_TRUE(remember_verdict(cuda::EmulatedDevice().facts(), DeviceVerdict::kDiffers).ok());
  const Result<std::vector<double>> got = numbers_on(Devices{{}});
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().message().find("other bits"), std::string::npos) << got.error().message();
}

}  // namespace
}  // namespace sg
