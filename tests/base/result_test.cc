#include "base/result.h"

#include <gtest/gtest.h>

#include "base/caught.h"
#include "base/counter_rng.h"
#include "base/dtype.h"

namespace sg {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{.what = "odd number", .where = "half", .expected = "even", .got = std::to_string(n)};
  return n / 2;
}

Result<int> quarter(int n) {
  SG_TRY(const int h, half(n));
  return half(h);
}

TEST(Result, TryPassesValuesAndErrorsOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message(), "half: odd number; expected even, got 3");
  EXPECT_EQ(Error({.what = "a", .hint = "download it again"}).message(), "a. Download it again");
  EXPECT_EQ(Error({.what = "a", .hint = "streamgauge pull gets it"}).message(), "a. streamgauge pull gets it");
  EXPECT_EQ(Error({.what = "a", .hint = "hf://x asks the Hub"}).message(), "a. hf://x asks the Hub");
  EXPECT_THROW((void)quarter(6).value(), std::logic_error);
  EXPECT_THROW((void)quarter(8).error(), std::logic_error);
}

TEST(Caught, TurnsWhatRanOutIntoAnError) {
  EXPECT_EQ(caught([] { return Result<int>(3); }).value(), 3);
  EXPECT_EQ(caught([]() -> Result<int> { throw std::bad_alloc(); }).error().exit_code(), 4);
  EXPECT_EQ(caught([]() -> Result<int> { throw std::length_error("vector"); }).error().exit_code(), 4);
  const auto no_thread = []() -> Result<void> {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  };
  EXPECT_EQ(caught(no_thread).error().exit_code(), 4);
  const auto no_folder = []() -> Result<void> {
    for (const auto& entry : std::filesystem::directory_iterator("/none/there")) (void)entry;
    return {};
  };
  EXPECT_EQ(caught(no_folder).error().exit_code(), 3);
  EXPECT_NE(caught(no_folder).error().message().find("/none/there"), std::string::npos);
  EXPECT_THROW((void)caught([]() -> Result<int> {
                 SG_CHECK(1 == 2, "broken");
                 return 1;
               }),
               std::logic_error);
}

TEST(Error, APartOfAMegabyteIsCut) {
  const std::string megabyte(1 << 20, 'x');
  const std::string message = Error{.what = "no such word", .where = megabyte, .got = megabyte}.message();
  EXPECT_LT(message.size(), 5000u);
  EXPECT_NE(message.find("... (1048576 bytes)"), std::string::npos);
  std::string accents;
  for (int i = 0; i < 3000; ++i) accents += "\xc3\xa9";
  const std::string cut = Error{.what = "x" + accents}.message();  // the limit falls inside a character
  EXPECT_EQ(cut.find("\xc3..."), std::string::npos);
  EXPECT_NE(cut.find("\xc3\xa9..."), std::string::npos);
  const std::string whole(2000, 'x');
  EXPECT_EQ(Error{.what = whole}.message(), whole);
}

TEST(Result, EveryKindHasItsExitCode) {
  EXPECT_EQ((Error{.kind = ErrorKind::kUsage, .what = ""}.exit_code()), 2);
  EXPECT_EQ((Error{.kind = ErrorKind::kBadInput, .what = ""}.exit_code()), 3);
  EXPECT_EQ((Error{.kind = ErrorKind::kResource, .what = ""}.exit_code()), 4);
  EXPECT_EQ((Error{.kind = ErrorKind::kInterrupted, .what = ""}.exit_code()), 130);
}

TEST(DType, ByteSizeRefusesPartBlocksAndOverflow) {
  EXPECT_EQ(byte_size(DType::kQ4_K, 512), 288u);
  EXPECT_FALSE(byte_size(DType::kQ4_K, 100).has_value());
  EXPECT_FALSE(byte_size(DType::kF64, ~std::uint64_t{0}).has_value());
  EXPECT_EQ(byte_size(DType::kF32, 0), 0u);
}

TEST(CounterRng, IsAFunctionOfSeedAndIndexAndLooksUniform) {
  const CounterRng a(1), b(2);
  EXPECT_EQ(a.bits(7), CounterRng(1).bits(7));
  EXPECT_NE(a.bits(7), b.bits(7));
  double sum = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) sum += a.uniform(i);
  EXPECT_NEAR(sum / 10000, 0.5, 5 * 0.2887 / 100);  // five standard errors of the mean
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_LT(a.below(i, 7), 7u);
}

}  // namespace
}  // namespace sg
