#include "tokenizer/tokenizer.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(Tokenizer, RefusesAnUnknownGgufModelByName) {
  const std::string_view token = "a";
  const auto made = Tokenizer::from_gguf({.model = "bert", .tokens = {&token, 1}}, "x.gguf");
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message().find("\"bert\""), std::string::npos);
}

}  // namespace
}  // namespace sg
