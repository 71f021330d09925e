// The instruction set that was asked for is the one that runs.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "kernel/kernels.h"

namespace sg {
namespace {

/// Sets SG_FORCE_ISA for one test and restores what stood there.
class ForcedIsa {
 public:
  explicit ForcedIsa(const std::string& isa) {
    const char* before = std::getenv("SG_FORCE_ISA");
    if (before != nullptr) before_ = before;
    setenv("SG_FORCE_ISA", isa.c_str(), 1);
  }
  ~ForcedIsa() { before_.empty() ? unsetenv("SG_FORCE_ISA") : setenv("SG_FORCE_ISA", before_.c_str(), 1); }

 private:
  std::string before_;
};

using Row = void (*)();

/// Every row of a table, also those that nobody has thought of here: what follows `decode` is function pointers.
std::vector<Row> rows_of(const Kernels& kernels) {
  constexpr std::size_t kFirst = offsetof(Kernels, decode);
  static_assert((sizeof(Kernels) - kFirst) % sizeof(Row) == 0);
  std::vector<Row> rows((sizeof(Kernels) - kFirst) / sizeof(Row));
  std::memcpy(rows.data(), reinterpret_cast<const std::byte*>(&kernels) + kFirst, rows.size() * sizeof(Row));
  return rows;
}

TEST(Dispatch, EveryNameOnTheListGivesItsOwnCompleteTable) {
  const auto names = available_isas();
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names.back(), "EMU128");
  for (const std::string_view isa : names) {
    const auto kernels = kernels_for(isa);
    ASSERT_TRUE(kernels.ok()) << isa;
    const Kernels& k = *kernels.value();
    EXPECT_EQ(k.isa, isa);
    const std::vector<Row> rows = rows_of(k);
    EXPECT_EQ(rows.back(), reinterpret_cast<Row>(k.add_multiple)) << "the last row is not the last pointer";
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NE(rows[i], nullptr) << isa << ", row " << i;
    EXPECT_EQ(k.has_fma, isa == "AVX3" || isa == "AVX2" || isa == "NEON");
  }
}

TEST(Dispatch, TablesOfDifferentTargetsAreDifferentCode) {
  const auto names = available_isas();
  for (std::size_t i = 1; i < names.size(); ++i) {
    const std::vector<Row> here = rows_of(*kernels_for(names[i]).value());
    const std::vector<Row> before = rows_of(*kernels_for(names[i - 1]).value());
    for (std::size_t row = 0; row < here.size(); ++row) {
      EXPECT_NE(here[row], before[row]) << names[i] << " shares row " << row << " with " << names[i - 1];
    }
  }
}

TEST(Dispatch, TheEnvironmentForcesTheIsaOnlyWhereNoneIsNamed) {
  for (const std::string_view isa : available_isas()) {
    const ForcedIsa forced{std::string(isa)};
    EXPECT_EQ(kernels_for("").value()->isa, isa);
    EXPECT_EQ(kernels_for("emu128").value()->isa, "EMU128");
  }
  const ForcedIsa wrong("PDP-11");
  const auto result = kernels_for("");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message().find("SG_FORCE_ISA"), std::string::npos);
}

TEST(Dispatch, NamesInAnyCaseAndCommonNames) {
  EXPECT_EQ(kernels_for("scalar").value()->isa, "EMU128");
  EXPECT_EQ(kernels_for("Emu128").value()->isa, "EMU128");
  if (available_isas().front() == "AVX3") {
    EXPECT_EQ(kernels_for("avx-512").value()->isa, "AVX3");
    EXPECT_EQ(kernels_for("avx512").value()->isa, "AVX3");
  }
}

TEST(Dispatch, AnUnknownIsaListsTheKnownOnes) {
  const auto result = kernels_for("AVX9");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
  EXPECT_NE(result.error().message().find("AVX9"), std::string::npos);
  EXPECT_NE(result.error().message().find("EMU128"), std::string::npos);
}

TEST(Dispatch, ManyThreadsMayAskAtOnce) {
  std::vector<std::thread> threads;
  std::vector<const Kernels*> got(8);
  for (std::size_t i = 0; i < got.size(); ++i)
    threads.emplace_back([&got, i] { got[i] = kernels_for("scalar").value(); });
  for (std::thread& thread : threads) thread.join();
  for (const Kernels* kernels : got) EXPECT_EQ(kernels, got[0]);
}

}  // namespace
}  // namespace sg
