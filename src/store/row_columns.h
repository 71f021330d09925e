// A row type as columns of an SQL table, in the order of each_field: names, definitions, values bound and read. A row
// inside a row is columns behind its key ("rope_theta"), NULL when it is absent; the most probable tokens are three
// arrays; norms, dots and other lists of rows are tables of their own.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "store/row_bytes.h"
#include "store/sqlite.h"

namespace sg {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsRowList = false;
template <FieldRow T>
inline constexpr bool kIsRowList<std::vector<T>> = !std::is_same_v<T, TopToken>;
template <class T>
inline constexpr bool kHasOwnTable = kIsRowList<T> || std::is_same_v<T, SiteNorms> || std::is_same_v<T, SiteDots>;

/// Shows every column of a row to `leaf(name, value, absent)`, absent when it belongs to a row that is not there.
/// `leaf.has(optional)` says whether such a row is there, and makes it when it is being read.
template <class Leaf>
class ColumnWalk {
 public:
  explicit ColumnWalk(Leaf& leaf, std::string prefix = "", bool absent = false)
      : leaf_(leaf), prefix_(std::move(prefix)), absent_(absent) {}

  void operator()(const RowField&, const Derived&) {}
  template <class T>
  void operator()(const RowField& field, T& value) {
    using Plain = std::remove_const_t<T>;
    const std::string name = prefix_ + field.key;
    const std::string inner = *field.key == '\0' ? prefix_ : name + "_";
    if constexpr (kHasOwnTable<Plain>) {
      return;
    } else if constexpr (FieldRow<Plain>) {
      each_field(value, ColumnWalk(leaf_, inner, absent_));
    } else if constexpr (std::is_same_v<Plain, std::vector<TopToken>>) {
      top_tokens(name, value);
    } else if constexpr (kIsOptional<Plain>) {
      if constexpr (FieldRow<typename Plain::value_type>) {
        if (!absent_ && leaf_.has(value)) return each_field(*value, ColumnWalk(leaf_, inner));
        typename Plain::value_type none;
        each_field(none, ColumnWalk(leaf_, inner, /*absent=*/true));
      } else {
        leaf_(name, value, absent_);
      }
    } else {
      leaf_(name, value, absent_);
    }
  }

 private:
  template <class Tops>
  void top_tokens(const std::string& name, Tops& tops) {
    std::vector<std::int32_t> ids;
    std::vector<std::string> tokens;
    std::vector<double> probs;
    for (const TopToken& top : tops) {
      ids.push_back(top.id);
      tokens.push_back(top.token);
      probs.push_back(top.prob);
    }
    leaf_(name + "_ids", ids, absent_);
    leaf_(name + "_tokens", tokens, absent_);
    leaf_(name + "_probs", probs, absent_);
    if constexpr (!std::is_const_v<Tops>) {
      if (ids.size() != tokens.size() || ids.size() != probs.size()) return leaf_.note_damage();
      tops.clear();
      for (std::size_t i = 0; i < ids.size(); ++i) tops.push_back({ids[i], std::move(tokens[i]), probs[i]});
    }
  }

  Leaf& leaf_;
  std::string prefix_;
  bool absent_;
};

/// "position INTEGER NOT NULL" of every column.
class ColumnList {
 public:
  template <class T>
  void operator()(const std::string& name, const T& value, bool absent) {
    names.push_back(name);
    definitions.push_back(name + " " + type_of(value) + (absent || kIsOptional<T> ? "" : " NOT NULL"));
  }
  template <class T>
  bool has(const std::optional<T>&) {
    return false;
  }

  std::vector<std::string> names, definitions;

 private:
  template <class T>
  static std::string type_of(const std::optional<T>&) {
    return type_of(T());
  }
  static std::string type_of(const Columns&) { return "TEXT"; }
  template <class T>
  static std::string type_of(const std::vector<T>&) {
    return "BLOB";
  }
  static std::string type_of(const std::string&) { return "TEXT"; }
  static std::string type_of(double) { return "ANY"; }  // a REAL, or the 8 bytes of a NaN
  template <std::integral T>
  static std::string type_of(T) {
    return "INTEGER";
  }
};

template <FieldRow Row>
const ColumnList& columns_of() {
  static const ColumnList kColumns = [] {
    ColumnList list;
    const Row row;
    each_field(row, ColumnWalk(list));
    return list;
  }();
  return kColumns;
}

struct ColumnBind {
  Statement& insert;
  template <class T>
  void operator()(const std::string&, const T& value, bool absent) {
    absent ? insert << std::nullopt : insert << value;
  }
  template <class T>
  bool has(const std::optional<T>& row) {
    return row.has_value();
  }
};

struct ColumnRead {
  Statement& select;
  template <class T>
  void operator()(const std::string&, T& value, bool absent) {
    if (!absent) {
      select >> value;
    } else if (!select.skip_null()) {
      select.note_damage();
    }
  }
  template <class T>
  bool has(std::optional<T>& row) {
    if (select.next_is_null()) return false;
    row.emplace();
    return true;
  }
  void note_damage() { select.note_damage(); }
};

template <FieldRow Row>
Statement& operator<<(Statement& insert, const Row& row) {
  ColumnBind bind = {insert};
  each_field(row, ColumnWalk(bind));
  return insert;
}

template <FieldRow Row>
void read_row(Statement& select, Row& row) {
  ColumnRead read = {select};
  each_field(row, ColumnWalk(read));
}

}  // namespace sg
