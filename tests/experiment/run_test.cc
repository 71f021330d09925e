// run: tiny models end to end over a store in memory; isolation, resume, interruption, a store that fails.
#include "experiment/run/run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "experiment/run/run_record.h"
#include "experiment/value/value.h"
#include "made_up.h"
#include "store/sqlite_store.h"

namespace sg {
namespace {

using made_up::cell;
using made_up::MemoryStore;

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("streamgauge-run-" + std::to_string(::getpid()));
    for (const char* name : {"gpt-neox-parallel", "llama-tied-llama3-rope", "gpt2-tied"}) {
      models_.push_back({name, made_up::tiny_model(folder_, name).string()});
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Experiment experiment() {
    return made_up::experiment(R"(
[[columns]]
name = "gain"
gain = "own"
[[columns]]
name = "gains"
gain = "own"
part = "all"
[[columns]]
name = "entropy"
logits = "entropy"
[[columns]]
name = "spectral"
weight = "W_U.spectral_norm"
[[values]]
name = "mean"
mean = "gain"
[[verdicts]]
name = "V"
quantity = "mean"
[[verdicts.rules]]
when = "mean < 1"
label = "CONTRACT"
[[verdicts.rules]]
label = "EXPAND"
)",
                               "texts = [\"The capital of France is\", \"Water freezes at\", \"Water freezes at\"]");
  }
  RunOptions options() const { return {.models = models_, .started = "2026-01-05T00:00:00Z", .threads = 1}; }

  static ExperimentResult outcome(RowStore& store) {
    Result<ExperimentResult> r = evaluate_run(store);
    EXPECT_TRUE(r.ok()) << r.error().message();
    return std::move(r).value();
  }

  std::filesystem::path folder_;
  std::vector<KeyedModel> models_;
};

/// Throws for one model, as a model that is too large to open does.
class ThrowingStore : public MemoryStore {
 public:
  Result<std::optional<SequenceMeasurement>> find(const RowKey& key, std::span<const std::int32_t> ids) override {
    if (throws && (of.empty() || key.fingerprint == of)) throw std::bad_alloc();
    if (of.empty()) of = key.fingerprint;
    return MemoryStore::find(key, ids);
  }
  std::string of;
  bool throws = false;
};

TEST_F(RunTest, WhatOneModelThrowsIsItsRow) {
  ThrowingStore store;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  store.throws = true;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  store.throws = false;
  const ExperimentResult r = outcome(store);
  ASSERT_EQ(r.models.rows.size(), 3u);
  EXPECT_NE(r.models.rows[0].error.value_or("").find("memory ran out"), std::string::npos);
  EXPECT_FALSE(r.models.rows[1].error.has_value());
  EXPECT_EQ(r.failed, 1u);
}

/// Every cell and every universe, as text with all digits.
std::string all_of(const ExperimentResult& r) {
  std::string text = r.started;
  for (const ResultRow& row : r.models.rows) {
    text += "\n" + row.key + row.error.value_or("");
    for (const Value& value : row.cells) text += " " + show(value, "{:.17g}");
  }
  for (const Verdict& v : r.verdicts) {
    text += "\n" + v.label;
    for (const Universe& u : v.multiverse.universes) text += " " + u.label + show(u.quantity.value_or(0), "{:.17g}");
  }
  return text;
}

TEST_F(RunTest, MeasuresEveryModelOnce) {
  MemoryStore store;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  EXPECT_EQ(store.put_rows, 6u);  // two different prompts, three models
  const ExperimentResult r = outcome(store);
  EXPECT_EQ(r.failed, 0u);
  ASSERT_EQ(r.models.rows.size(), 3u);
  for (std::size_t m = 0; m < 3; ++m) {
    EXPECT_EQ(numbers_of(cell(r.models, m, "gains")).value_or(std::vector<double>()).size(), 3u);
    EXPECT_FALSE(is_absent(cell(r.models, m, "entropy")));
    EXPECT_FALSE(is_absent(cell(r.models, m, "spectral")));
    const auto& measured = r.models.rows[m].measured;
    ASSERT_TRUE(measured.has_value());
    EXPECT_EQ(measured->id, std::filesystem::path(models_[m].model).filename().string());
    EXPECT_EQ(measured->fingerprint.size(), 64u);
    EXPECT_EQ(measured->layers, 3u);
    EXPECT_GT(measured->parameters, 0u);
  }
  EXPECT_FALSE(r.verdicts[0].label.empty());
  EXPECT_EQ(r.verdicts[0].multiverse.universes.size(), all_definitions().size());
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  EXPECT_EQ(store.put_rows, 6u);
}

TEST_F(RunTest, ResumedEqualsUnbroken) {
  MemoryStore whole, broken;
  ASSERT_TRUE(measure_experiment(experiment(), options(), whole).ok());
  broken.puts_left = 1;  // then the disk is full
  const Result<void> stopped = measure_experiment(experiment(), options(), broken);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, ErrorKind::kResource);
  const ExperimentResult half = outcome(broken);
  EXPECT_EQ(half.failed, 2u);
  EXPECT_NE(half.models.rows[2].error.value_or("").find("not measured yet"), std::string::npos);
  broken.puts_left = -1;
  ASSERT_TRUE(measure_experiment(experiment(), options(), broken).ok());
  EXPECT_EQ(all_of(outcome(broken)), all_of(outcome(whole)));
}

TEST_F(RunTest, ThreadsAndOrderChangeNoBit) {
  MemoryStore one, two;
  ASSERT_TRUE(measure_experiment(experiment(), options(), one).ok());
  RunOptions other = options();
  other.threads = 3;
  other.memory_budget = 1;  // one prompt a pass
  ASSERT_TRUE(measure_experiment(experiment(), other, two).ok());
  EXPECT_EQ(all_of(outcome(one)), all_of(outcome(two)));
}

TEST_F(RunTest, OneBrokenModelIsARow) {
  std::filesystem::resize_file(folder_ / "llama-tied-llama3-rope" / "model.safetensors", 1000);
  models_.push_back({"missing", (folder_ / "none").string()});
  MemoryStore store;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  const ExperimentResult r = outcome(store);
  EXPECT_EQ(r.failed, 2u);
  EXPECT_FALSE(r.models.rows[0].error.has_value());
  EXPECT_TRUE(r.models.rows[1].error.has_value());
  EXPECT_FALSE(r.models.rows[2].error.has_value());
  EXPECT_TRUE(r.models.rows[3].error.has_value());
  EXPECT_FALSE(r.verdicts[0].label.empty());
}

TEST_F(RunTest, AModelThatTheMachineCannotRunIsSkipped) {
  RunOptions small = options();
  small.memory = 1000;
  MemoryStore store;
  ASSERT_TRUE(measure_experiment(experiment(), small, store).ok());
  const ExperimentResult r = outcome(store);
  EXPECT_EQ(r.failed, 3u);
  EXPECT_NE(r.models.rows[0].error.value_or("").find("skipped"), std::string::npos);
  EXPECT_EQ(store.put_rows, 0u);
}

TEST_F(RunTest, InterruptedKeepsWhatIsStored) {
  MemoryStore store;
  RunOptions interrupted = options();
  std::atomic<bool> stop = false;
  interrupted.stop = &stop;
  interrupted.say = [&](const std::string& line) { stop = stop || line.starts_with("llama"); };
  const Result<void> stopped = measure_experiment(experiment(), interrupted, store);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_EQ(store.put_rows, 2u);
  EXPECT_EQ(outcome(store).failed, 2u);
}

TEST_F(RunTest, ProgressCoversAllModels) {
  MemoryStore store;
  RunOptions watched = options();
  double last = 0;
  watched.progress = [&](double share, const std::string&) {
    EXPECT_GE(share, last - 1e-12);
    EXPECT_LE(share, 1 + 1e-12);
    last = share;
  };
  ASSERT_TRUE(measure_experiment(experiment(), watched, store).ok());
  EXPECT_GT(last, 0.5);
}

TEST_F(RunTest, NoRunIsAnError) {
  MemoryStore store;
  const Result<ExperimentResult> r = evaluate_run(store);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.error().message().find("no run"), std::string::npos);
}

TEST_F(RunTest, AStoreIsReadUnderTheNumericsOfItsRun) {
  MemoryStore store;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  const std::string today = all_of(outcome(store));
  RunRecord record = find_record(store).value().value();
  record.engine.numerics = 0;
  ASSERT_TRUE(put_record(store, record).ok());
  store.age();
  EXPECT_EQ(all_of(outcome(store)), today);
}

TEST_F(RunTest, ARowThatIsMissingIsAnErrorAndNotAnotherOutcome) {
  MemoryStore store;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  store.age();
  const Result<ExperimentResult> r = evaluate_run(store);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.error().message().find("the store lacks"), std::string::npos) << r.error().message();
}

TEST_F(RunTest, AModelWithNeitherFactsNorErrorIsDamage) {
  MemoryStore store;
  ASSERT_TRUE(measure_experiment(experiment(), options(), store).ok());
  RunRecord record = find_record(store).value().value();
  record.models[1].facts.reset();
  ASSERT_TRUE(put_record(store, record).ok());
  const Result<ExperimentResult> r = evaluate_run(store);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.error().message().find("neither"), std::string::npos) << r.error().message();
}

TEST_F(RunTest, ADamagedStoreGivesTheSameOutcomeOrAnError) {
  const std::filesystem::path file = folder_ / "store.sqlite";
  const auto open = [&](StoreAccess access) { return open_store(file, access); };
  ASSERT_TRUE(measure_experiment(experiment(), options(), *open(StoreAccess::kWrite).value()).ok());
  const std::string expected = all_of(outcome(*open(StoreAccess::kRead).value()));
  std::ifstream in(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  std::mt19937_64 random(11);
  int same = 0, errors = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    for (std::size_t n = 1 + random() % (i % 2 == 0 ? 3 : 100); n > 0; --n) {
      damaged[random() % whole.size()] ^= static_cast<char>(1 + random() % 255);
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
    const auto store = open(StoreAccess::kRead);
    const Result<ExperimentResult> r = store.ok() ? evaluate_run(*store.value()) : store.error();
    if (r.ok()) {
      EXPECT_EQ(all_of(r.value()), expected);
    }
    ++(r.ok() ? same : errors);
  }
  EXPECT_GT(same, 10);
  EXPECT_GT(errors, 100);
}

}  // namespace
}  // namespace sg
