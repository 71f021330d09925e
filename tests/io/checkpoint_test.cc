#include "io/checkpoint.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(Checkpoint, SaysWhatAModelMayBe) {
  const auto model = open_checkpoint("no/such/model");
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().exit_code(), 3);
  EXPECT_NE(model.error().message().find(".gguf file"), std::string::npos) << model.error().message();
}

}  // namespace
}  // namespace sg
