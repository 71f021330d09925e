// One table of kernels per compiled target that this machine runs, built on first use.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string>

#include "kernel/kernels.h"
#include "kernel/machine_targets.h"
#include "kernel/targets.h"

namespace sg {
namespace {

struct Target {
  std::int64_t bit;
  std::string_view name;
  bool has_fma;
};

// Best first. EMU128 runs everywhere; it rounds products before it adds them.
constexpr std::array<Target, 5> kTargets = {{{HWY_AVX3, "AVX3", true},
                                             {HWY_AVX2, "AVX2", true},
                                             {HWY_NEON, "NEON", true},
                                             {HWY_SSE4, "SSE4", false},
                                             {HWY_EMU128, "EMU128", false}}};

struct Alias {
  std::string_view common, name;
};
constexpr std::array<Alias, 6> kAliases = {{{"AVX512", "AVX3"},
                                            {"AVX-512", "AVX3"},
                                            {"SSE4.1", "SSE4"},
                                            {"SSE4.2", "SSE4"},
                                            {"SCALAR", "EMU128"},
                                            {"ASIMD", "NEON"}}};

std::vector<Kernels> make_tables() {
  const std::int64_t supported = machine_targets() | HWY_EMU128;
  std::vector<Kernels> tables;
  for (const Target& target : kTargets) {
    if ((supported & target.bit) == 0) continue;
    Kernels table{};
    table.isa = target.name;
    table.has_fma = target.has_fma;
    if (fill_matmul_kernels(target.bit, table) && fill_elementwise_kernels(target.bit, table) &&
        fill_reduction_kernels(target.bit, table) && fill_gram_kernels(target.bit, table)) {
      tables.push_back(table);
    }
  }
  return tables;
}

const std::vector<Kernels>& tables() {
  static const std::vector<Kernels> made = make_tables();
  return made;
}

std::string canonical(std::string_view isa) {
  std::string upper(isa);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  for (const Alias& alias : kAliases) {
    if (upper == alias.common) return std::string(alias.name);
  }
  return upper;
}

std::string list_of_names() {
  std::string list;
  for (const Kernels& table : tables()) list += (list.empty() ? "" : ", ") + std::string(table.isa);
  return list;
}

}  // namespace

std::vector<std::string_view> available_isas() {
  std::vector<std::string_view> names;
  for (const Kernels& table : tables()) names.push_back(table.isa);
  return names;
}

Result<const Kernels*> kernels_for(std::string_view isa) {
  std::string where = "instruction set";
  if (isa.empty()) {
    const char* forced = std::getenv("SG_FORCE_ISA");
    if (forced == nullptr || *forced == '\0') return &tables().front();
    isa = forced;
    where = "SG_FORCE_ISA";
  }
  const std::string wanted = canonical(isa);
  for (const Kernels& table : tables()) {
    if (table.isa == wanted) return &table;
  }
  return Error{.kind = ErrorKind::kUsage,
               .what = "this build on this machine does not have these kernels",
               .where = where,
               .expected = "one of " + list_of_names(),
               .got = "'" + std::string(isa) + "'",
               .hint = "leave it out to use the best one"};
}

}  // namespace sg
