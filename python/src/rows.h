// Rows as Python objects, field by field as the JSON documents have them, and tables as numpy arrays that point into
// the measurement.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "streamgauge/streamgauge.h"

namespace sgpy {

namespace nb = nanobind;
using Vector = nb::ndarray<nb::numpy, const double, nb::ndim<1>>;
using Matrix = nb::ndarray<nb::numpy, const double, nb::ndim<2>>;

/// Keeps a copy of `held`, which shares what it holds, alive as long as an array looks into it.
template <class T>
nb::capsule owner_of(const T& held) {
  return nb::capsule(new T(held), [](void* kept) noexcept { delete static_cast<T*>(kept); });
}

template <streamgauge::FieldRow Row>
void fill(nb::dict& out, const Row& row);

template <class T>
nb::object to_python(const T& value) {
  if constexpr (streamgauge::FieldRow<T>) {
    nb::dict out;
    fill(out, value);
    return out;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return nb::steal(PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "replace"));
  } else if constexpr (std::is_same_v<T, bool>) {
    return nb::bool_(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return nb::float_(value);
  } else {
    static_assert(std::is_integral_v<T>);
    return nb::int_(value);
  }
}

inline nb::object to_python(const streamgauge::LayerTable& table) {
  nb::list rows;
  for (std::size_t l = 0; !table.empty() && l < table.layers; ++l) {
    nb::list row;
    for (std::size_t t = 0; t < table.tokens; ++t) row.append(table.at(l, t));
    rows.append(row);
  }
  return rows;
}

inline nb::object to_python(const streamgauge::Columns& columns) {
  nb::dict out;
  for (const auto& [name, text] : columns) out[to_python(name)] = to_python(text);
  return out;
}

template <class T>
nb::object to_python(const std::optional<T>& value) {
  return value ? to_python(*value) : nb::none();
}

template <class T>
nb::object to_python(const std::vector<T>& values) {
  nb::list out;
  for (const T& value : values) out.append(to_python(value));
  return out;
}

/// A row under an empty key gives its own fields, as in the documents.
template <streamgauge::FieldRow Row>
void fill(nb::dict& out, const Row& row) {
  each_field(row, [&out](const streamgauge::RowField& field, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<T, streamgauge::Derived>) {
      out[field.key] = nb::float_(value.value);
    } else if constexpr (std::is_same_v<T, std::optional<streamgauge::MatrixStatistics>>) {
      if (value) fill(out, *value);
    } else {
      out[field.key] = to_python(value);
    }
  });
}

/// The keys of a row, which a table without rows has too.
template <streamgauge::FieldRow Row>
nb::list keys_of() {
  nb::dict out;
  fill(out, Row{});
  return out.keys();
}

/// The tables of a row of tables (SiteNorms, SiteDots), those that the model has. They own nothing.
template <class Row>
nb::dict tables(const Row& row, const nb::capsule& owner) {
  nb::dict out;
  each_field(row, [&](const streamgauge::RowField& field, const auto& table) {
    using T = std::remove_cvref_t<decltype(table)>;
    if constexpr (std::is_same_v<T, streamgauge::LayerTable>) {
      if (!table.empty()) out[field.key] = Matrix(table.values.data(), {table.layers, table.tokens}, owner).cast();
    } else {
      if (!table.empty()) out[field.key] = Vector(table.data(), {table.size()}, owner).cast();
    }
  });
  return out;
}

}  // namespace sgpy
