// The store within one process: what comes back, what is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "measure/any_rows.h"
#include "store/row_bytes.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store/store_schema.h"
#include "store_folder.h"

namespace sg {
namespace {

using tests::any_row;
using tests::bits_of;
using tests::bytes_of;
using tests::kKey;
using tests::opened;
using tests::StoreFolder;
using tests::write_bytes;

/// Why the file is refused; "opens" when it is not.
std::string refusal(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite) {
  const auto store = open_store(file, access);
  return store.ok() ? "opens" : store.error().message();
}

RC_GTEST_PROP(Store, AMeasurementComesBackToTheBit, ()) {
  const StoreFolder folder;
  const SequenceMeasurement m = any_row<SequenceMeasurement>();
  auto store = opened(folder.file());
  RC_ASSERT(store->put(kKey, {&m, 1}).ok());
  store = opened(folder.file(), StoreAccess::kRead);
  const auto found = store->find(kKey, m.sequence.ids);
  RC_ASSERT(found.ok());
  RC_ASSERT(found.value().has_value());
  RC_ASSERT(bits_of(*found.value()) == bits_of(m));
}

RC_GTEST_PROP(Store, AWeightsReportComesBackToTheBit, ()) {
  const StoreFolder folder;
  const WeightsReport report = any_row<WeightsReport>();
  auto store = opened(folder.file());
  RC_ASSERT(store->put_weights(kKey, report).ok());
  RC_ASSERT(store->put_weights(kKey, report).ok());
  const auto found = store->find_weights(kKey);
  RC_ASSERT(found.ok());
  RC_ASSERT(found.value().has_value());
  RC_ASSERT(bits_of(*found.value()) == bits_of(report));
}

RC_GTEST_PROP(Store, TheLastRunIsTheRun, ()) {
  const StoreFolder folder;
  auto store = opened(folder.file());
  std::string run;
  for (int i = 0; i < 2; ++i) {
    run = *rc::gen::string<std::string>();
    RC_ASSERT(store->put_run(run).ok());
  }
  const auto found = store->find_run();
  RC_ASSERT(found.ok());
  RC_ASSERT(found.value() == run);
}

RC_GTEST_PROP(RowBytes, ARowComesBackToTheBitAndNoPartOfItDoes, ()) {
  const auto report = any_row<WeightsReport>();
  const std::string bytes = row_bytes(report);
  const auto again = row_of_bytes<WeightsReport>(bytes);
  RC_ASSERT(again.has_value());
  RC_ASSERT(bits_of(*again) == bits_of(report));
  RC_ASSERT(!row_of_bytes<WeightsReport>(bytes.substr(0, *rc::gen::inRange<std::size_t>(0, bytes.size()))));
  RC_ASSERT(!row_of_bytes<WeightsReport>(bytes + "x"));
}

SequenceMeasurement small(std::vector<std::int32_t> ids) {
  SequenceMeasurement m;
  m.sequence.tokens.resize(ids.size());
  m.norms.embed.assign(ids.size(), 1.5);
  m.norms.resid_post = LayerTable(2, ids.size());
  m.sequence.ids = std::move(ids);
  return m;
}

TEST(Store, NothingIsFoundUnderAnotherKey) {
  const StoreFolder folder;
  const auto store = opened(folder.file());
  const SequenceMeasurement m = small({1, 2});
  ASSERT_TRUE(store->put(kKey, {&m, 1}).ok());
  const std::vector<std::int32_t> other = {2, 1};
  EXPECT_FALSE(store->find(kKey, other).value().has_value());
  EXPECT_FALSE(store->find({"ab", 2}, m.sequence.ids).value().has_value());
  EXPECT_FALSE(store->find({"ac", 1}, m.sequence.ids).value().has_value());
  EXPECT_FALSE(store->find({"ab", 1, "bfloat16"}, m.sequence.ids).value().has_value());
  EXPECT_FALSE(store->find_weights(kKey).value().has_value());
  EXPECT_FALSE(store->find_run().value().has_value());
  EXPECT_TRUE(store->find(kKey, m.sequence.ids).value().has_value());
}

TEST(Store, RowsOfAnotherPrecisionStandBesideFloat32s) {
  const StoreFolder folder;
  const auto store = opened(folder.file());
  SequenceMeasurement m = small({1, 2});
  const RowKey half = {.fingerprint = "ab", .numerics = 1, .precision = "float16"};
  ASSERT_TRUE(store->put(kKey, {&m, 1}).ok());
  m.norms.embed.assign(2, 7.0);
  ASSERT_TRUE(store->put(half, {&m, 1}).ok());
  EXPECT_EQ(store->find(half, m.sequence.ids).value()->norms.embed, m.norms.embed);
  EXPECT_NE(store->find(kKey, m.sequence.ids).value()->norms.embed, m.norms.embed);
}

TEST(Store, WhatIsThereStaysAndWhatIsMissingIsAdded) {
  const StoreFolder folder;
  const auto store = opened(folder.file());
  SequenceMeasurement m = small({1, 2});
  m.sequence.text = "first";
  ASSERT_TRUE(store->put(kKey, {&m, 1}).ok());
  m.sequence.text = "second";
  m.norms.embed = {9, 9};
  m.logits.push_back({.position = 1, .mean = 2, .top = {{7, "x", 0.5}}});
  m.lens.push_back({.layer = 1, .stats = {.position = 1, .entropy = 3}});
  m.routing.push_back({.layer = 1, .experts = {{3}, {1}}, .weights = {{1}, {0.5}}, .load = {0, 1, 0, 1}});
  m.targets.push_back({.layer = 1, .position = 1, .id = 7, .token = "x", .logit = 2, .prob = 0.5, .rank = 1});
  ASSERT_TRUE(store->put(kKey, {&m, 1}).ok());
  m.sequence.text = "first";
  m.norms.embed = {1.5, 1.5};
  EXPECT_EQ(bits_of(*store->find(kKey, m.sequence.ids).value()), bits_of(m));
}

TEST(Store, AWeightsReportGrowsByItsMatrices) {
  const StoreFolder folder;
  const auto store = opened(folder.file());
  WeightsReport report;
  report.matrices.push_back({.role = "W_U", .tensor = "a", .layer = {}, .statistics = MatrixStatistics{}});
  ASSERT_TRUE(store->put_weights(kKey, report).ok());
  report.matrices[0].statistics->spectrum = Spectrum{.singular_values = {2, 1}};
  report.matrices.push_back({.role = "W_E", .tensor = "b", .layer = {}, .statistics = MatrixStatistics{}});
  report.wu_we_ratio = 0.5;
  report.tied_allclose = false;
  report.amplification = Amplification{"last/last_block/mean_of_gains", 0.9, 12};
  report.warnings = {"w"};
  ASSERT_TRUE(store->put_weights(kKey, report).ok());
  EXPECT_EQ(bits_of(*store->find_weights(kKey).value()), bits_of(report));
}

TEST(Store, AReaderChangesNothing) {
  const StoreFolder folder;
  const SequenceMeasurement m = small({1});
  ASSERT_TRUE(opened(folder.file())->put(kKey, {&m, 1}).ok());
  const std::string before = bytes_of(folder.file());
  const auto store = opened(folder.file(), StoreAccess::kRead);
  const SequenceMeasurement other = small({2});
  const auto put = store->put(kKey, {&other, 1});
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().exit_code(), 4);
  EXPECT_EQ(bytes_of(folder.file()), before);
}

TEST(Store, AMissingFileIsNamed) {
  const StoreFolder folder;
  EXPECT_NE(refusal(folder.file(), StoreAccess::kRead).find("there is no store here"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
  const auto store = open_store(folder.file().parent_path() / "no" / "store.sqlite", StoreAccess::kWrite);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().exit_code(), 4);
}

TEST(Store, OtherFilesAreRefusedAndLeftAlone) {
  const StoreFolder folder;
  for (const StoreAccess access : {StoreAccess::kWrite, StoreAccess::kRead}) {
    const std::string text(5000, 'x');
    write_bytes(folder.file(), text);
    EXPECT_NE(refusal(folder.file(), access).find("is not a store"), std::string::npos) << refusal(folder.file());
    EXPECT_EQ(bytes_of(folder.file()), text);
    std::filesystem::remove(folder.file());
    ASSERT_TRUE(Database::open(folder.file(), OpenAs::kCreate).value().run("CREATE TABLE theirs (x)").ok());
    const std::string theirs = bytes_of(folder.file());
    EXPECT_NE(refusal(folder.file(), access).find("a database of another program"), std::string::npos);
    EXPECT_EQ(bytes_of(folder.file()), theirs);
  }
}

TEST(Store, AnEmptyFileBecomesAStore) {
  const StoreFolder folder;
  write_bytes(folder.file(), "");
  EXPECT_NE(refusal(folder.file(), StoreAccess::kRead).find("an earlier version"), std::string::npos);
  EXPECT_EQ(refusal(folder.file()), "opens");
  EXPECT_EQ(refusal(folder.file(), StoreAccess::kRead), "opens");
}

TEST(Store, AStoreOfVersion2IsRead) {
  const StoreFolder folder;
  const std::string sql = bytes_of(SG_TEST_DATA "/store/store_v2.sql");
  ASSERT_FALSE(sql.empty());
  ASSERT_TRUE(Database::open(folder.file(), OpenAs::kCreate).value().run(sql).ok());
  const auto store = opened(folder.file());
  const auto found = store->find(kKey, std::vector<std::int32_t>{1, 2}).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->norms.resid_post.values, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(found->sequence.tokens, (std::vector<std::string>{"a", "bc"}));
  EXPECT_EQ(found->logits.at(0).top1_margin, 0.5);
  EXPECT_EQ(store->find_weights(kKey).value()->matrices.at(0).statistics->spectrum->nuclear_norm, 3);
}

TEST(Store, StoresOfOtherVersionsAreRefused) {
  const StoreFolder folder;
  opened(folder.file());
  for (const auto& [version, said] : {std::pair("1", "earlier version"), std::pair("99", "later version")}) {
    const std::string mark = std::string("PRAGMA user_version = ") + version;
    ASSERT_TRUE(Database::open(folder.file(), OpenAs::kExisting).value().run(mark).ok());
    const std::string refused = refusal(folder.file());
    EXPECT_NE(refused.find(said), std::string::npos) << refused;
    EXPECT_NE(refused.find(std::string("got version ") + version), std::string::npos) << refused;
  }
}

TEST(Store, AFieldThatIsAddedLaterChangesNoRowOfBefore) {
  const StoreFolder folder;
  SequenceMeasurement m = small({1, 2});
  m.logits.push_back({.position = 1, .top1_margin = {}});
  ASSERT_TRUE(opened(folder.file())->put(kKey, {&m, 1}).ok());
  // The views show every column, so that they go first.
  ASSERT_TRUE(
      Database::open(folder.file(), OpenAs::kExisting)
          .value()
          .run("DROP VIEW v_norms; DROP VIEW v_logits; DROP VIEW v_gains; ALTER TABLE logits DROP COLUMN top1_margin")
          .ok());
  EXPECT_NE(refusal(folder.file(), StoreAccess::kRead).find("brings it up to date"), std::string::npos);
  EXPECT_EQ(bits_of(*opened(folder.file())->find(kKey, m.sequence.ids).value()), bits_of(m));
  EXPECT_EQ(refusal(folder.file(), StoreAccess::kRead), "opens");
}

TEST(Store, RowsHaveOwners) {
  const StoreFolder folder;
  opened(folder.file());
  Database db = Database::open(folder.file(), OpenAs::kExisting).value();
  EXPECT_FALSE(db.run("INSERT INTO sites VALUES (7, 'embed', 0, x'')").ok());
}

TEST(Store, PathsMayHoldAnyCharacter) {
  const StoreFolder folder;
  const auto file = folder.file().parent_path() / "a?b#c%41 \xc3\xa9.sqlite";
  opened(file);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(refusal(file, StoreAccess::kRead), "opens");
}

}  // namespace
}  // namespace sg
