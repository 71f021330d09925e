// The record of a run as bytes: all of it comes back, and damage does not.
#include "experiment/run/run_record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "made_up.h"
#include "measure/any_rows.h"
#include "store/row_bytes.h"

namespace sg {
namespace {

RC_GTEST_PROP(RunRecord, ComesBackToTheBit, ()) {
  auto record = tests::any_row<RunRecord>();
  for (ModelOutcome& model : record.models) {
    if (!model.facts) model.error = "why";
  }
  made_up::MemoryStore store;
  RC_ASSERT(put_record(store, record).ok());
  const auto again = find_record(store);
  RC_ASSERT(again.ok());
  RC_ASSERT(tests::bits_of(again.value().value()) == tests::bits_of(record));
}

TEST(RunRecord, BytesOfSomethingElseAreAnError) {
  made_up::MemoryStore store;
  ASSERT_TRUE(store.put_run("no record").ok());
  EXPECT_FALSE(find_record(store).ok());
}

}  // namespace
}  // namespace sg
