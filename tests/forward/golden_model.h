// A stored model of the goldens, and every number that a pass over the prompts of numbers.h gives on a backend.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "forward/backend.h"
#include "forward/numbers.h"
#include "measure/recorder.h"

namespace sg::test {

enum class Stored : std::uint8_t { kFolders, kFoldersAndGguf };

/// The folders of the goldens that hold a model, in order; with the GGUF files in them.
inline std::vector<std::filesystem::path> golden_models(Stored stored) {
  namespace fs = std::filesystem;
  std::vector<fs::path> paths;
  for (const fs::directory_entry& folder : fs::directory_iterator(fs::path(SG_TEST_DATA) / "golden")) {
    if (fs::exists(folder.path() / "config.json")) paths.push_back(folder.path());
    if (stored == Stored::kFoldersAndGguf && fs::exists(folder.path() / "model.gguf"))
      paths.push_back(folder.path() / "model.gguf");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The folder's name, as gtest takes it.
inline std::string golden_name(const testing::TestParamInfo<std::filesystem::path>& tested) {
  const bool gguf = tested.param.extension() == ".gguf";
  std::string name = gguf ? tested.param.parent_path().filename().string() + "_gguf" : tested.param.filename().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class GoldenModel : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    Result<Model> opened = open_model(GetParam());
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    model_ = std::make_unique<Model>(std::move(opened).value());
    std::size_t longest = 70;
    if (model_->spec.positions == PositionKind::kLearned) longest = std::min(longest, model_->spec.max_position);
    input_ = prompts(model_->spec.vocab);
    for (Sequence& s : input_) {
      s.ids.resize(std::min(s.ids.size(), longest));
      tokens_.add(s.ids);
      sequences_.push_back({.sequence = s});
    }
  }

  void run(Backend& backend, Tap& tap) {
    WeightStream weights(*model_);
    RunContext run = {.backend = backend, .tap = tap};
    const Result<void> done = run_forward(*model_, weights, tokens_, run);
    EXPECT_TRUE(done.ok()) << done.error().message();
  }

  /// Norms, inner products, logits and the lens of all tokens, massive activations.
  std::vector<double> recorded(Backend& backend) {
    std::vector<SequenceMeasurement> out = sequences_;
    const LogitPositions all = model_->bindings.has_head() ? LogitPositions::kAll : LogitPositions::kNone;
    Recorder recorder(model_->spec, tokens_, {.logits = all, .lens = all}, backend, out);
    run(backend, recorder);
    recorder.finish();
    std::vector<double> all_numbers;
    for (const SequenceMeasurement& m : out) append(all_numbers, numbers(m));
    return all_numbers;
  }

  std::unique_ptr<Model> model_;
  std::vector<Sequence> input_;
  TokenBatch tokens_;
  std::vector<SequenceMeasurement> sequences_;
};

}  // namespace sg::test
