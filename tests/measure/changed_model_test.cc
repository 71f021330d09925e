// A model that another program cuts short, writes to or replaces while it is measured: an error, and no numbers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "io/lost_pages.h"
#include "measure/compare.h"
#include "measure/extract.h"
#include "measure/measure.h"
#include "measure/passes.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

class ChangedModel : public ::testing::Test {
 protected:
  ChangedModel() : folder_(fs::temp_directory_path() / ("sg_changed_" + std::to_string(::getpid()))) {
    survive_lost_pages();
    fs::remove_all(folder_);
    fs::copy(fs::path(SG_TEST_DATA) / "golden" / "llama-deep", folder_);
  }
  ~ChangedModel() override { fs::remove_all(folder_); }

  fs::path weights() const { return folder_ / "model.safetensors"; }
  Model open() const { return open_model(folder_).value(); }

  /// Options under which `change` happens once, when the first layer is done.
  MeasureOptions changing(std::function<void()> change) const {
    MeasureOptions options = {.threads = 2};
    options.progress = [done = false, change = std::move(change)](double) mutable {
      if (!done) change();
      done = true;
    };
    return options;
  }

  template <class T>
  static void expect_changed(const Result<T>& result) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().exit_code(), 3);
    EXPECT_NE(result.error().message().find("changed while it was being read"), std::string::npos)
        << result.error().message();
  }

  const std::vector<Sequence> prompts_ = {{.text = {}, .category = {}, .ids = {1, 5, 9, 2}, .tokens = {}}};
  fs::path folder_;
};

struct Nowhere final : VectorSink {
  Result<void> rows(std::size_t, std::size_t, ConstMatrixView) override { return {}; }
};

TEST_F(ChangedModel, CutShortIsAnErrorAndNoCrash) {
  for (const std::uintmax_t left : {std::uintmax_t{0}, fs::file_size(weights()) / 2}) {
    const std::string whole = [&] {
      std::ifstream in(weights(), std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    const Model model = open();
    expect_changed(measure(model, nullptr, prompts_, changing([&] { fs::resize_file(weights(), left); })));
    std::ofstream(weights(), std::ios::binary) << whole;
  }
  const Model again = open();  // another one goes on
  EXPECT_TRUE(measure(again, nullptr, prompts_, {.threads = 2}).ok());
}

TEST_F(ChangedModel, WrittenToIsAnErrorInEveryMeasurement) {
  const auto write = [&] {
    std::fstream file(weights(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-8, std::ios::end);
    file << "changed!";
    file.close();
    fs::last_write_time(weights(), fs::last_write_time(weights()) + std::chrono::seconds(1));
  };
  {
    const Model model = open();
    expect_changed(measure(model, nullptr, prompts_, changing(write)));
  }
  {
    const Model model = open();
    const Extraction all = plan_extraction(model, prompts_, {.places = {{Site::kResidPost, 0}}}).value();
    Nowhere sink;
    expect_changed(extract(model, prompts_, all, changing(write), sink));
  }
  {
    const Model model = open();
    expect_changed(compare(model, model, nullptr, prompts_, changing(write)));
  }
}

TEST_F(ChangedModel, ReplacedIsAnErrorAndRemovedIsNone) {
  const fs::path other = folder_ / "other";
  {
    const Model model = open();
    expect_changed(measure(model, nullptr, prompts_, changing([&] {
                             fs::copy_file(weights(), other);
                             fs::rename(other, weights());
                           })));
  }
  const Model model = open();
  EXPECT_TRUE(measure(model, nullptr, prompts_, changing([&] { fs::remove(weights()); })).ok());
}

TEST_F(ChangedModel, APromptBeyondTheMemoryThereIsIsRefused) {
  const auto tera_a_token = [](std::size_t rows, std::size_t) { return rows << 40; };
  const Result<void> refused = check_memory(prompts_, tera_a_token);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().exit_code(), 4);
  EXPECT_NE(refused.error().message().find("prompt 1"), std::string::npos);
  EXPECT_TRUE(check_memory(prompts_, [](std::size_t rows, std::size_t) { return rows; }).ok());
}

}  // namespace
}  // namespace sg
