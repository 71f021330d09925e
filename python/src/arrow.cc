#include "arrow.h"

#include <nanobind/stl/string.h>  // without it a second, wrong way to take strings

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// The structures of Arrow's C data interface, whose layout is the interface.
extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};
struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema*);
  int (*get_next)(ArrowArrayStream*, ArrowArray*);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};
}

namespace sgpy {
namespace {

namespace nb = nanobind;

constexpr std::int64_t kNullable = 2;  // ARROW_FLAG_NULLABLE

enum class Kind { kNull, kBool, kInt, kFloat, kText, kList, kStruct };

/// One column, or a child of one, in Arrow's layout.
struct Column {
  std::string name;
  Kind kind = Kind::kNull;
  std::vector<Column> children;  // of a list one, of a struct its members

  std::int64_t length = 0, nulls = 0;
  std::vector<std::uint8_t> valid;  // bit by bit
  std::vector<std::uint8_t> bits;   // of kBool
  std::vector<std::int64_t> ints;
  std::vector<double> floats;
  std::vector<std::int64_t> ends = {0};  // of kText in bytes, of kList in members; one more than there are
  std::string text;

  Column& child(const std::string& wanted) {
    for (Column& c : children) {
      if (c.name == wanted) return c;
    }
    children.emplace_back();
    children.back().name = wanted;
    return children.back();
  }
};

/// Whether it is an integer that 64 bits hold.
bool is_int64(nb::handle value) {
  if (!PyLong_Check(value.ptr())) return false;
  int overflow = 0;
  static_cast<void>(PyLong_AsLongLongAndOverflow(value.ptr(), &overflow));
  return overflow == 0;
}

Kind kind_of(nb::handle value) {
  if (value.is_none()) return Kind::kNull;
  if (PyBool_Check(value.ptr())) return Kind::kBool;
  if (is_int64(value)) return Kind::kInt;
  if (PyFloat_Check(value.ptr())) return Kind::kFloat;
  if (nb::isinstance<nb::list>(value) || nb::isinstance<nb::tuple>(value)) return Kind::kList;
  return nb::isinstance<nb::dict>(value) ? Kind::kStruct : Kind::kText;
}

/// Makes the column's type wide enough for the value.
void widen(Column& column, nb::handle value) {
  const Kind kind = kind_of(value);
  if (kind == Kind::kNull || column.kind == Kind::kText) return;
  const bool numbers =
      (kind == Kind::kInt || kind == Kind::kFloat) && (column.kind == Kind::kInt || column.kind == Kind::kFloat);
  if (column.kind == Kind::kNull) {
    column.kind = kind;
  } else if (column.kind != kind) {
    column.kind = numbers ? Kind::kFloat : Kind::kText;
  }
  if (column.kind == Kind::kText) return column.children.clear();
  if (column.kind == Kind::kList) {
    Column& item = column.child("item");
    for (const nb::handle one : value) widen(item, one);
  } else if (column.kind == Kind::kStruct) {
    for (const auto& [key, one] : nb::borrow<nb::dict>(value)) widen(column.child(nb::str(key).c_str()), one);
  }
}

void put_bit(std::vector<std::uint8_t>& bits, std::int64_t at, bool set) {
  if (at % 8 == 0) bits.push_back(0);
  if (set) bits.back() = static_cast<std::uint8_t>(bits.back() | 1U << (at % 8));
}

/// As Python shows it; what is not Unicode (a lone surrogate) as a question mark.
std::string utf8_of(nb::handle value) {
  PyObject* const encoded = PyUnicode_AsEncodedString(nb::str(value).ptr(), "utf-8", "replace");
  if (encoded == nullptr) throw nb::python_error();
  const auto bytes = nb::steal<nb::bytes>(encoded);
  return {bytes.c_str(), bytes.size()};
}

void put(Column& column, nb::handle value);

void put_struct(Column& column, nb::handle value) {
  for (Column& member : column.children) {
    nb::object one = nb::none();
    if (!value.is_none()) one = nb::borrow<nb::dict>(value).get(member.name.c_str(), nb::none());
    put(member, one);
  }
}

/// Appends the value, which the column's type is wide enough for.
void put(Column& column, nb::handle value) {
  const bool null = value.is_none();
  put_bit(column.valid, column.length, !null);
  column.nulls += null ? 1 : 0;
  switch (column.kind) {
    case Kind::kNull: break;
    case Kind::kBool: put_bit(column.bits, column.length, value.ptr() == Py_True); break;
    case Kind::kInt: column.ints.push_back(null ? 0 : PyLong_AsLongLong(value.ptr())); break;
    case Kind::kFloat: column.floats.push_back(null ? 0 : PyFloat_AsDouble(value.ptr())); break;
    case Kind::kText:
      if (!null) column.text += utf8_of(value);
      column.ends.push_back(static_cast<std::int64_t>(column.text.size()));
      break;
    case Kind::kList:
      if (!null) {
        for (const nb::handle one : value) put(column.children.front(), one);
      }
      column.ends.push_back(column.children.front().length);
      break;
    case Kind::kStruct: put_struct(column, value); break;
  }
  ++column.length;
}

const char* format_of(Kind kind) {
  switch (kind) {
    case Kind::kNull: return "n";
    case Kind::kBool: return "b";
    case Kind::kInt: return "l";
    case Kind::kFloat: return "g";
    case Kind::kText: return "U";
    case Kind::kList: return "+L";
    case Kind::kStruct: return "+s";
  }
  return "n";
}

/// What an exported structure owns: it shares the table, and has its children and the pointers to its buffers.
template <class Exported>
struct Owned {
  std::shared_ptr<const Column> table;
  std::vector<Exported> children;
  std::vector<Exported*> pointers;
  std::vector<const void*> buffers;
};

template <class Exported>
void release(Exported* exported) {
  const std::unique_ptr<Owned<Exported>> owned(static_cast<Owned<Exported>*>(exported->private_data));
  for (Exported& child : owned->children) {
    if (child.release != nullptr) child.release(&child);  // null: moved away
  }
  exported->release = nullptr;
}

void export_schema(const std::shared_ptr<const Column>& table, const Column& column, ArrowSchema* out) {
  auto owned = std::make_unique<Owned<ArrowSchema>>();
  owned->table = table;
  owned->children.resize(column.children.size());
  for (std::size_t i = 0; i < column.children.size(); ++i) {
    export_schema(table, column.children[i], &owned->children[i]);
    owned->pointers.push_back(&owned->children[i]);
  }
  *out = {};
  out->format = format_of(column.kind);
  out->name = column.name.c_str();
  out->flags = kNullable;
  out->n_children = static_cast<std::int64_t>(column.children.size());
  out->children = owned->pointers.data();
  out->release = &release<ArrowSchema>;
  out->private_data = owned.release();
}

std::vector<const void*> buffers_of(const Column& column) {
  const void* valid = column.nulls > 0 ? column.valid.data() : nullptr;
  switch (column.kind) {
    case Kind::kNull: return {};
    case Kind::kBool: return {valid, column.bits.data()};
    case Kind::kInt: return {valid, column.ints.data()};
    case Kind::kFloat: return {valid, column.floats.data()};
    case Kind::kText: return {valid, column.ends.data(), column.text.data()};
    case Kind::kList: return {valid, column.ends.data()};
    case Kind::kStruct: return {valid};
  }
  return {};
}

void export_array(const std::shared_ptr<const Column>& table, const Column& column, ArrowArray* out) {
  auto owned = std::make_unique<Owned<ArrowArray>>();
  owned->table = table;
  owned->buffers = buffers_of(column);
  owned->children.resize(column.children.size());
  for (std::size_t i = 0; i < column.children.size(); ++i) {
    export_array(table, column.children[i], &owned->children[i]);
    owned->pointers.push_back(&owned->children[i]);
  }
  *out = {};
  out->length = column.length;
  out->null_count = column.nulls;
  out->n_buffers = static_cast<std::int64_t>(owned->buffers.size());
  out->buffers = owned->buffers.data();
  out->n_children = static_cast<std::int64_t>(column.children.size());
  out->children = owned->pointers.data();
  out->release = &release<ArrowArray>;
  out->private_data = owned.release();
}

/// The table as a stream of one batch.
struct Batch {
  std::shared_ptr<const Column> table;
  bool given = false;
};

int schema_of_stream(ArrowArrayStream* stream, ArrowSchema* out) {
  const auto& table = static_cast<Batch*>(stream->private_data)->table;
  export_schema(table, *table, out);
  return 0;
}

int next_of_stream(ArrowArrayStream* stream, ArrowArray* out) {
  auto* batch = static_cast<Batch*>(stream->private_data);
  *out = {};  // released: the end
  if (!std::exchange(batch->given, true)) export_array(batch->table, *batch->table, out);
  return 0;
}

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<Batch*>(stream->private_data);
  stream->release = nullptr;
}

void drop_stream(void* held) noexcept {
  auto* stream = static_cast<ArrowArrayStream*>(held);
  if (stream->release != nullptr) stream->release(stream);  // null: somebody took it
  delete stream;
}

}  // namespace

nb::capsule arrow_stream(const nb::list& columns) {
  auto table = std::make_shared<Column>();
  table->kind = Kind::kStruct;
  table->children.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto pair = nb::cast<nb::tuple>(columns[i]);
    Column& column = table->children[i];
    column.name = nb::cast<std::string>(pair[0]);
    for (const nb::handle value : pair[1]) widen(column, value);
    for (const nb::handle value : pair[1]) put(column, value);
    table->length = column.length;
  }
  auto stream = std::make_unique<ArrowArrayStream>();
  stream->get_schema = &schema_of_stream;
  stream->get_next = &next_of_stream;
  stream->get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; };
  stream->release = &release_stream;
  stream->private_data = new Batch{std::move(table)};
  return nb::capsule(stream.release(), "arrow_array_stream", &drop_stream);
}

}  // namespace sgpy
