// A store that was cut or damaged gives the same rows or an error, never other rows.
#include <gtest/gtest.h>

#include <random>

#include "measure/any_rows.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store_folder.h"

namespace sg {
namespace {

using tests::bits_of;
using tests::bytes_of;
using tests::kKey;
using tests::opened;
using tests::StoreFolder;
using tests::write_bytes;

SequenceMeasurement small(std::vector<std::int32_t> ids) {
  SequenceMeasurement m;
  m.sequence.tokens.resize(ids.size());
  m.norms.embed.assign(ids.size(), 1.5);
  m.norms.resid_post = LayerTable(2, ids.size());
  m.sequence.ids = std::move(ids);
  return m;
}

/// What a damaged file gives: the same rows, none, or errors that say so. Other rows fail the test.
struct Reading {
  std::string sequence, weights, run;
  int same = 0, errors = 0, none = 0;

  void of(const std::filesystem::path& file) {
    const auto store = open_store(file, StoreAccess::kRead);
    if (!store.ok()) return told(store.error());
    const std::vector<std::int32_t> ids = {1, 2};
    judge(store.value()->find(kKey, ids), sequence);
    judge(store.value()->find_weights(kKey), weights);
    judge(store.value()->find_run(), run);
  }

 private:
  void told(const Error& error) {
    EXPECT_FALSE(error.message().empty());
    ++errors;
  }
  static std::string text_of(const std::string& text) { return text; }
  template <FieldRow Row>
  static std::string text_of(const Row& row) {
    return bits_of(row);
  }
  template <class T>
  void judge(const Result<std::optional<T>>& found, const std::string& expected) {
    if (!found.ok()) return told(found.error());
    if (!found.value()) {
      ++none;
      return;
    }
    ++same;
    EXPECT_EQ(text_of(*found.value()), expected);
  }
};

/// A store with a measurement, a weights report and a run, and what an undamaged one gives.
Reading filled(const std::filesystem::path& file) {
  SequenceMeasurement m = small({1, 2});
  for (std::size_t i = 0; i < m.norms.resid_post.values.size(); ++i)
    m.norms.resid_post.values[i] = 1.0 + static_cast<double>(i);
  m.logits.push_back({.position = 1, .mean = 0.25, .top1_margin = {}, .top = {{1, "t", 1}}});
  m.massive.resize(2);
  WeightsReport report;
  for (int i = 0; i < 40; ++i) {
    MatrixStatistics s = {.frobenius_norm = i + 0.5};
    s.spectrum = Spectrum{.singular_values = std::vector<double>(20, i)};
    report.matrices.push_back({.role = "W_Q", .tensor = std::to_string(i), .layer = 1, .statistics = s});
  }
  for (WeightRow& row : report.matrices) row.statistics->rows = row.statistics->cols = 0;
  const std::string run = std::string(3000, 'r') + '\0';
  const auto store = opened(file);
  EXPECT_TRUE(store->put(kKey, {&m, 1}).ok());
  EXPECT_TRUE(store->put_weights(kKey, report).ok());
  EXPECT_TRUE(store->put_run(run).ok());
  return {.sequence = bits_of(m), .weights = bits_of(report), .run = run};
}

TEST(Store, ACutFileGivesTheSameNumbersOrAnError) {
  const StoreFolder folder;
  Reading reading = filled(folder.file());
  const std::string whole = bytes_of(folder.file());
  for (std::size_t n = 1; n < whole.size(); n += 997) {
    write_bytes(folder.file(), whole.substr(0, n));
    reading.of(folder.file());
  }
  write_bytes(folder.file(), whole.substr(0, whole.size() - 1));
  reading.of(folder.file());
  EXPECT_GT(reading.errors, 40);
}

TEST(Store, DamagedBytesGiveTheSameNumbersOrAnError) {
  const StoreFolder folder;
  Reading reading = filled(folder.file());
  const std::string whole = bytes_of(folder.file());
  std::mt19937_64 random(7);
  for (int i = 0; i < 1500; ++i) {
    std::string damaged = whole;
    const std::size_t count = 1 + random() % 100, head = i % 3 == 0 ? 200 : whole.size();
    for (std::size_t n = 0; n < count; ++n) damaged[random() % head] ^= static_cast<char>(1 + random() % 255);
    write_bytes(folder.file(), damaged);
    reading.of(folder.file());
  }
  EXPECT_GT(reading.same, 100);
  EXPECT_GT(reading.errors, 1000);
}

/// SQLite finds nothing wrong with any of these.
TEST(Store, ValuesThatWereNotPutAreDamage) {
  const char* const kDamages[] = {
      "UPDATE sites SET per_token = zeroblob(16) WHERE layer = 1",
      "DELETE FROM sites WHERE site = 'embed'",
      "UPDATE sequences SET massive_multiple = 2.0",
      "UPDATE logits SET mean = 2.0",
      "DELETE FROM logits",
      "UPDATE sequences SET sha256 = '0'",
  };
  for (const char* damage : kDamages) {
    const StoreFolder folder;
    const Reading reading = filled(folder.file());
    ASSERT_TRUE(Database::open(folder.file(), OpenAs::kExisting).value().run(damage).ok()) << damage;
    const auto found = opened(folder.file())->find(kKey, std::vector<std::int32_t>{1, 2});
    ASSERT_FALSE(found.ok()) << damage;
    EXPECT_NE(found.error().message().find("damaged"), std::string::npos) << found.error().message();
  }
}

TEST(Store, ValuesOfTheWrongKindAreDamage) {
  const char* const kDamages[] = {
      "UPDATE sites SET per_token = x'00'",
      "UPDATE sites SET per_token = x'0000000000000000' WHERE layer = 1",
      "UPDATE sites SET layer = 5 WHERE layer = 1",
      "UPDATE sites SET site = 'elsewhere' WHERE site = 'resid_post'",
      "UPDATE sequences SET ids = x'0100000003000000'",
      "UPDATE sequences SET tokens = x'ffffffff'",
      "UPDATE sequences SET massive_multiple = 'many'",
      "UPDATE logits SET top_ids = x''",
      "UPDATE logits SET position = -1",
  };
  for (const char* damage : kDamages) {
    const StoreFolder folder;
    SequenceMeasurement m = small({1, 2});
    m.logits.push_back({.position = 1, .top = {{1, "t", 1}}});
    ASSERT_TRUE(opened(folder.file())->put(kKey, {&m, 1}).ok());
    ASSERT_TRUE(Database::open(folder.file(), OpenAs::kExisting).value().run(damage).ok()) << damage;
    const auto found = opened(folder.file())->find(kKey, m.sequence.ids);
    ASSERT_FALSE(found.ok()) << damage;
    EXPECT_NE(found.error().message().find("damaged"), std::string::npos) << found.error().message();
  }
}

}  // namespace
}  // namespace sg
