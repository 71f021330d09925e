// The store within one process: what comes back, what is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <fstream>

#include "any_rows.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store/store_schema.h"
#include "store_folder.h"

namespace sg {
namespace {

using tests::any_run;
using tests::any_sequence;
using tests::any_weights;
using tests::bits_of;
using tests::StoreFolder;

const RowKey kKey = {.fingerprint = "ab", .numerics = 1};

std::unique_ptr<RowStore> opened(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite) {
  auto store = open_store(file, access);
  if (!store.ok()) throw std::runtime_error(store.error().message());
  return std::move(store).value();
}

/// Why the file is refused; "opens" when it is not.
std::string refusal(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite) {
  const auto store = open_store(file, access);
  return store.ok() ? "opens" : store.error().message();
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

RC_GTEST_PROP(Store, AMeasurementComesBackToTheBit, ()) {
  const StoreFolder folder;
  const SequenceMeasurement m = any_sequence();
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
  const WeightsReport report = any_weights();
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
  RunRecord run;
  for (int i = 0; i < 2; ++i) {
    run = any_run();
    RC_ASSERT(store->put_run(run).ok());
  }
  const auto found = store->find_run();
  RC_ASSERT(found.ok());
  RC_ASSERT(found.value().has_value());
  RC_ASSERT(bits_of(*found.value()) == bits_of(run));
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
  EXPECT_FALSE(store->find_weights(kKey).value().has_value());
  EXPECT_FALSE(store->find_run().value().has_value());
  EXPECT_TRUE(store->find(kKey, m.sequence.ids).value().has_value());
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

TEST(Store, AnEmptyFileIsAStoreOfVersion0) {
  const StoreFolder folder;
  write_bytes(folder.file(), "");
  EXPECT_NE(refusal(folder.file(), StoreAccess::kRead).find("an earlier version"), std::string::npos);
  EXPECT_EQ(refusal(folder.file()), "opens");
  EXPECT_EQ(refusal(folder.file(), StoreAccess::kRead), "opens");
}

TEST(Store, AStoreOfVersion1IsRead) {
  const StoreFolder folder;
  const std::string sql = bytes_of(SG_TEST_DATA "/store/store_v1.sql");
  ASSERT_FALSE(sql.empty());
  ASSERT_TRUE(Database::open(folder.file(), OpenAs::kCreate).value().run(sql).ok());
  const auto store = opened(folder.file());
  const auto found = store->find(kKey, std::vector<std::int32_t>{1, 2}).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->norms.resid_post.values, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(found->sequence.tokens, (std::vector<std::string>{"a", "bc"}));
  const RunRecord run = store->find_run().value().value();
  EXPECT_EQ(run.overrides, (std::vector<std::string>{"definition=notebook-001"}));
  EXPECT_EQ(run.models.at(0).facts->n_layers, 2u);
  EXPECT_EQ(run.models.at(0).prompts.at(0).ids, (std::vector<std::int32_t>{1, 2}));
}

TEST(Store, AStoreOfALaterVersionIsRefused) {
  const StoreFolder folder;
  opened(folder.file());
  ASSERT_TRUE(Database::open(folder.file(), OpenAs::kExisting).value().run("PRAGMA user_version = 99").ok());
  const std::string said = refusal(folder.file());
  EXPECT_NE(said.find("later version"), std::string::npos) << said;
  EXPECT_NE(said.find("got version 99"), std::string::npos) << said;
}

TEST(StoreSchema, MigrationsRunInOrderAndWhollyOrNotAtAll) {
  const StoreFolder folder;
  opened(folder.file());
  Database db = Database::open(folder.file(), OpenAs::kExisting).value();
  const std::string_view first = store_migrations()[0];
  const std::array<std::string_view, 3> broken = {first, "ALTER TABLE run ADD COLUMN host TEXT", "no SQL"};
  EXPECT_FALSE(migrate(db, broken).ok());
  EXPECT_EQ(db.integer("PRAGMA user_version").value(), 1);
  EXPECT_FALSE(db.run("SELECT host FROM run").ok());
  const std::array<std::string_view, 2> good = {first, broken[1]};
  EXPECT_TRUE(migrate(db, good).ok());
  EXPECT_EQ(db.integer("PRAGMA user_version").value(), 2);
  EXPECT_TRUE(db.run("SELECT host FROM run").ok());
}

/// Nothing of a damaged file may crash; an error must say so, and a value may come back where it was not hit.
void read_all(const std::filesystem::path& file, int& errors) {
  const auto store = open_store(file, StoreAccess::kRead);
  const std::vector<std::int32_t> ids = {1, 2};
  if (!store.ok()) {
    errors += 1;
    EXPECT_FALSE(store.error().message().empty());
    return;
  }
  errors += store.value()->find(kKey, ids).ok() ? 0 : 1;
  errors += store.value()->find_weights(kKey).ok() ? 0 : 1;
  errors += store.value()->find_run().ok() ? 0 : 1;
}

TEST(Store, DamageIsAnErrorAndNotACrash) {
  const StoreFolder folder;
  {
    const auto store = opened(folder.file());
    const SequenceMeasurement m = small({1, 2});
    ASSERT_TRUE(store->put(kKey, {&m, 1}).ok());
    ASSERT_TRUE(store->put_run({.experiment = "e", .models = {{.key = "k", .facts = ModelFacts{}}}}).ok());
  }
  const std::string whole = bytes_of(folder.file());
  int errors = 0;
  for (std::size_t n = 1; n < whole.size(); n += 997) {
    write_bytes(folder.file(), whole.substr(0, n));
    read_all(folder.file(), errors);
  }
  EXPECT_GT(errors, 10);
  errors = 0;
  for (std::size_t i = 0; i < 800; ++i) {
    std::string flipped = whole;
    flipped[(i * 7919) % (i % 2 == 0 ? 200 : whole.size())] ^= static_cast<char>(1u << (i % 8));
    write_bytes(folder.file(), flipped);
    read_all(folder.file(), errors);
  }
  EXPECT_GT(errors, 10);
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

TEST(Store, PathsMayHoldAnyCharacter) {
  const StoreFolder folder;
  const auto file = folder.file().parent_path() / "a?b#c%41 \xc3\xa9.sqlite";
  opened(file);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(refusal(file, StoreAccess::kRead), "opens");
}

}  // namespace
}  // namespace sg
