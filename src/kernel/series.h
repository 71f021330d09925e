// Coefficients of the polynomials that stand for exp, expm1, tanh and erf, for the processor (math-inl.h) and a GPU.
#pragma once

#include "kernel/both.h"

namespace sg::series {

/// Adding and subtracting it rounds |x| < 2^51 to an integer, which then stands in the low bits of the sum.
inline constexpr double kRounder = 0x1.8p52;
// ln 2 in two parts; the first has 21 zero bits at its end, so that n times it is exact.
inline constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33, kLog2E = 0x1.71547652b82fep0;

// (e^r - 1 - r) / r^2 by Taylor, highest power first: the first term left out of e^r is r^14/14! < 5e-18.
inline constexpr double kExpFirst = 1.0 / 6227020800;
SG_TABLE double kExp[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
                          1.0 / 720,       1.0 / 120,      1.0 / 24,      1.0 / 6,      1.0 / 2};

// P(s) of e^(-t^2) P(s) / (1 + 2t) = erfc(t), s = (t - 3) / (t + 3), after Shepherd and Laframboise, Math. Comp. 36
// (1981), highest power first. P interpolates at the 17 Chebyshev nodes of s in [-1, 1]; its error is below 4e-12.
inline constexpr double kErfFirst = 5.5169465368027685e-08, kErfSecond = 1.6946746071394404e-06;
SG_TABLE double kErf[] = {-3.4044920600058904e-07, -1.7412229953329451e-05, 4.6396534743544683e-06,
                          0.00012277868723895258,  -0.00010501055530637625, -0.0007786553590411776,
                          0.0018886481087254778,   0.0025290477145818594,   -0.023770508435900003,
                          0.0683080812199372,      -0.11927366386876155,    0.12964515488975925,
                          -0.047562294344085418,   -0.13562110604544486,    1.2530080582697296};

inline constexpr double kTwiceSqrt2OverPi = 1.5957691216057307117597842;
inline constexpr double kInverseSqrt2 = 0.7071067811865475244;

}  // namespace sg::series
