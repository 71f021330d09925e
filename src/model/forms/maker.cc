#include "model/forms/maker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "io/window.h"
#include "kernel/decode.h"

namespace sg {

const std::array<float, 16> kE2M1 = {0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                     -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return shape.empty() ? "a scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

Result<const TensorInfo*> Maker::need(const std::string& name, std::string_view what) const {
  const TensorInfo* tensor = find(name);
  if (tensor != nullptr) return tensor;
  return Error{.what = fmt::format("tensor {}, {}, is missing", name, what),
               .where = checkpoint_.path.string(),
               .hint = "the checkpoint is incomplete, or is not stored as its quantization_config says"};
}

Error Maker::wrong(const TensorInfo& tensor, std::string what, std::string expected) const {
  return {.what = fmt::format("{} {}", tensor.name, what),
          .where = checkpoint_.path.string(),
          .expected = std::move(expected),
          .got = fmt::format("{} of {}", name(tensor.dtype), shape_text(tensor.shape)),
          .hint = fmt::format("config and weights do not fit one another ({})", q.where)};
}

Error Maker::unapplied_zeros(const TensorInfo& zeros, const CompressedGroup& group) const {
  return wrong(zeros, fmt::format("is not applied: group {} of config_groups is symmetric", group.name),
               "\"symmetric\": false, or no zero points");
}

Result<void> Maker::expect(const TensorInfo& tensor, std::initializer_list<DType> types,
                           const std::vector<std::uint64_t>& shape) const {
  const bool right_type = std::ranges::find(types, tensor.dtype) != types.end();
  if (right_type && tensor.shape == shape) return {};
  std::vector<std::string_view> names;
  for (const DType type : types) names.push_back(name(type));
  return wrong(tensor, right_type ? "has the wrong shape" : "has the wrong type",
               fmt::format("{} of {}", fmt::join(names, " or "), shape_text(shape)));
}

Result<float> Maker::scalar(const TensorInfo& tensor) const {
  if (tensor.items() != 1 || !traits(tensor.dtype).is_weight) {
    return wrong(tensor, "is no scale of a matrix", "one floating-point number");
  }
  ensure({tensor.data, tensor.bytes});
  float value = 0;
  decode_scalar(tensor.dtype, tensor.data, 1, &value);
  if (std::isfinite(value) && value > 0) return value;
  Error error = wrong(tensor, "is no usable scale", "a finite number above 0");
  error.got = fmt::format("{}", value);
  return error;
}

Result<std::size_t> Maker::count_in(const TensorInfo& tensor) const {
  const bool known = tensor.dtype == DType::kI32 || tensor.dtype == DType::kI64 || tensor.dtype == DType::kU8;
  if (tensor.items() != 1 || !known) return wrong(tensor, "is no number", "one whole number");
  ensure({tensor.data, tensor.bytes});
  const std::int64_t value = tensor.dtype == DType::kI64   ? load_le<std::int64_t>(tensor.data)
                             : tensor.dtype == DType::kI32 ? load_le<std::int32_t>(tensor.data)
                                                           : load_le<std::uint8_t>(tensor.data);
  if (value >= 0 && static_cast<double>(value) <= kLargestCount) return static_cast<std::size_t>(value);
  Error error = wrong(tensor, "is no usable number", "a whole number of at least 0");
  error.got = fmt::format("{}", value);
  return error;
}

Result<const float*> Maker::table(const TensorInfo& tensor, std::size_t count) {
  if (tensor.dtype != DType::kF32 || tensor.items() != count || count > 256) {
    return wrong(tensor, "is no table of levels", fmt::format("F32 of {}", count));
  }
  ensure({tensor.data, tensor.bytes});
  std::array<float, 256> values{};
  std::memcpy(values.data(), tensor.data, count * sizeof(float));
  if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
    return wrong(tensor, "has levels that are not finite", "finite numbers");
  }
  auto& tables = checkpoint_.made.tables;  // layers have equal ones
  const auto same = [&](const auto& t) { return std::memcmp(t.data(), values.data(), sizeof(values)) == 0; };
  auto found = std::ranges::find_if(tables, same);
  if (found != tables.end()) return found->data();
  return tables.emplace_back(values).data();
}

std::string_view Maker::text(const TensorInfo& tensor) const {
  ensure({tensor.data, tensor.bytes});
  return {reinterpret_cast<const char*>(tensor.data), tensor.bytes};
}

Result<ScaleType> Maker::scale_type(const TensorInfo& tensor) const {
  constexpr std::pair<DType, ScaleType> kTypes[] = {{DType::kF32, ScaleType::kF32},
                                                    {DType::kF16, ScaleType::kF16},
                                                    {DType::kBF16, ScaleType::kBF16},
                                                    {DType::kU8, ScaleType::kE8M0},
                                                    {DType::kF8E4M3, ScaleType::kE4M3}};
  for (const auto& [dtype, type] : kTypes) {
    if (tensor.dtype == dtype) return type;
  }
  return wrong(tensor, "is of no type that scales have", "F32, F16, BF16, F8_E4M3, F8_E8M0 or U8");
}

Result<std::size_t> Maker::groups_of(const TensorInfo& tensor, std::size_t inputs, std::size_t size) const {
  if (size == 0) return std::size_t{1};
  if (inputs % size == 0) return inputs / size;
  Error error = wrong(tensor, "is cut into groups that do not divide its inputs",
                      fmt::format("groups that divide {} inputs", inputs));
  error.got = fmt::format("groups of {}", size);
  return error;
}

void Maker::add(Matrix matrix, const std::vector<const TensorInfo*>& parts) {
  MadeMatrices& made = checkpoint_.made;
  std::uint64_t bytes = 0;
  for (const TensorInfo* part : parts) {
    if (part == nullptr) continue;
    matrix.packed.parts.emplace_back(part->data, part->bytes);
    bytes += part->bytes;
    made.parts.insert(part);
  }
  made.matrices.push_back(std::move(matrix.packed));
  made.tensors.push_back({.name = std::move(matrix.name),
                          .dtype = parts.front()->dtype,
                          .shape = std::move(matrix.shape),
                          .data = parts.front()->data,
                          .bytes = bytes,
                          .file = parts.front()->file,
                          .packed = &made.matrices.back()});
}

}  // namespace sg
