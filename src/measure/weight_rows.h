// Rows of stored matrices as numbers, for whoever takes one output of a projection apart.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/kernels.h"

namespace sg {

/// One output's weights from every input, (w.cols), as the matrix product has them, however they are stored.
std::vector<double> output_row(const WeightView& w, std::size_t output, const Kernels& kernels);

/// sum over outputs of factors[output] * weights of that output, from every input. factors: (w.rows).
std::vector<double> combined_rows(const WeightView& w, std::span<const double> factors, const Kernels& kernels);

/// The same of a bias; 0 of null.
double combined(const float* bias, std::span<const double> factors);

}  // namespace sg
