#include "io/shard_name.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace sg {
namespace {

RC_GTEST_PROP(ShardName, IsReadBackFromItsText, ()) {
  const auto count = *rc::gen::inRange(1u, 100'000u);
  const ShardName name{*rc::gen::arbitrary<std::string>(), *rc::gen::inRange(1u, count + 1), count};
  const auto parsed = parse_shard_name(shard_name_text(name, ".gguf"), ".gguf");
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->stem == name.stem);
  RC_ASSERT(parsed->number == name.number);
  RC_ASSERT(parsed->count == name.count);
}

TEST(ShardName, IsAbsentForOtherForms) {
  EXPECT_TRUE(parse_shard_name("a-00001-of-00002.gguf", ".gguf").has_value());
  for (const char* other : {"", "a.gguf", "a-2-of-3.gguf", "a-00000-of-00002.gguf", "a-00003-of-00002.gguf",
                            "a-00001-of-00002.bin", "a-00001_of-00002.gguf", "a-0000x-of-00002.gguf"}) {
    EXPECT_FALSE(parse_shard_name(other, ".gguf").has_value()) << other;
  }
}

}  // namespace
}  // namespace sg
