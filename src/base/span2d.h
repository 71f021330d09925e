// Span2d: a non-owning view of a row-major matrix, (rows x cols), rows `stride` elements apart.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

namespace sg {

/// Does not own. Valid while the memory it points into is. Copy freely.
template <class T>
struct Span2d {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;  // elements from one row to the next, >= cols

  T* row(std::size_t r) const { return data + r * stride; }
  std::span<T> row_span(std::size_t r) const { return {row(r), cols}; }
  bool empty() const { return rows == 0 || cols == 0; }

  /// Rows [first, first + count).
  Span2d row_range(std::size_t first, std::size_t count) const { return {row(first), count, cols, stride}; }
  /// Columns [first, first + count) of every row.
  Span2d col_range(std::size_t first, std::size_t count) const { return {data + first, rows, count, stride}; }

  operator Span2d<const T>() const  // NOLINT(google-explicit-constructor)
      requires(!std::is_const_v<T>) {
    return {data, rows, cols, stride};
  }
};

using MatrixView = Span2d<float>;
using ConstMatrixView = Span2d<const float>;

}  // namespace sg
