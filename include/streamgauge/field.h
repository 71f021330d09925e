// The fields of a row type, said once: `each_field(row, visit)` calls visit(RowField, member) for every member, in the
// order of the JSON document, and visit(RowField, Derived) for what follows from members. JSON, CSV, the store's
// columns, the columns of experiments and the tables of the documentation are visitors.
#pragma once

#include <concepts>
#include <type_traits>

namespace streamgauge {

/// How a value that is not there is written in JSON.
enum class WhenAbsent : unsigned char { kIsNull, kIsLeftOut, kNanIsNull };

struct RowField {
  const char* key;              // in every format; "" when the fields of the member stand among the row's own
  const char* unit = "";        // "" for none
  const char* about = "";       // one line for the documentation
  const char* why_absent = "";  // a clause for people, where it may be absent
  WhenAbsent when_absent = WhenAbsent::kIsNull;
};

/// A number that is computed from the others: written, never read or stored.
struct Derived {
  double value = 0;
};

/// A type that has each_field.
template <class T>
concept FieldRow = requires(T& row) {
  each_field(row, [](const auto&, const auto&) {});
};

/// T is Row or const Row.
template <class T, class Row>
concept RowOf = std::same_as<std::remove_const_t<T>, Row>;

}  // namespace streamgauge
