// The quantiles that reports of a corpus give.
#pragma once

#include <array>

namespace sg {

struct NamedShare {
  const char* name;    // in JSON
  const char* column;  // in CSV
  double share;
};
inline constexpr std::array<NamedShare, 9> kShares = {{{"0.001", "q001", 0.001},
                                                       {"0.01", "q01", 0.01},
                                                       {"0.05", "q05", 0.05},
                                                       {"0.25", "q25", 0.25},
                                                       {"0.5", "q50", 0.5},
                                                       {"0.75", "q75", 0.75},
                                                       {"0.95", "q95", 0.95},
                                                       {"0.99", "q99", 0.99},
                                                       {"0.999", "q999", 0.999}}};

}  // namespace sg
