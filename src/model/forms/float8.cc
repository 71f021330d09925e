// Bytes with scales: 8-bit floating point (E4M3, E5M2) and int8, one byte a weight, beside scales of the whole matrix,
// of its rows, of blocks or of groups of inputs. DeepSeek-V3's files say weight_scale_inv and multiply by it;
// compressed-tensors, ModelOpt and FBGEMM say weight_scale.
#include <fmt/format.h>

#include <algorithm>

#include "model/forms/maker.h"

namespace sg {
namespace {

bool is_float8(const TensorInfo& t) { return t.dtype == DType::kF8E4M3 || t.dtype == DType::kF8E5M2; }

/// A matrix of bytes: (rows x cols), or several of them stacked.
struct Bytes {
  const TensorInfo& tensor;
  std::size_t count, rows, cols;
};

std::string with_suffix(const std::string& name, std::string_view plain, std::string_view other) {
  return name.ends_with(plain) ? name.substr(0, name.size() - plain.size()) + std::string(other) : std::string();
}

/// What stands beside a matrix under one of the names that its scales have; null when nothing does.
const TensorInfo* scales_of(const Maker& maker, const TensorInfo& tensor) {
  const std::string names[] = {tensor.name + "_scale_inv", tensor.name + "_scale",
                               with_suffix(tensor.name, ".weight", ".scale"),
                               with_suffix(tensor.name, ".weight", ".qscale_weight")};
  for (const std::string& name : names) {
    if (const TensorInfo* found = name.empty() ? nullptr : maker.find(name)) return found;
  }
  return nullptr;
}

/// Sizes of blocks that the configuration names for a layer of that group; zeros: none.
std::array<std::size_t, 2> blocks_of(const Quantization& q, const CompressedGroup* group) {
  if (q.block_rows != 0 || group == nullptr) return {q.block_rows, q.block_cols};
  return {group->block_rows, group->block_cols};
}

/// A layer's name: that of its matrix without what says that it is one.
std::string_view module_of(std::string_view name) {
  constexpr std::string_view kEnd = ".weight";
  return name.ends_with(kEnd) ? name.substr(0, name.size() - kEnd.size()) : name;
}

/// The scales' shape without dimensions of one at its end.
std::vector<std::uint64_t> trimmed(std::vector<std::uint64_t> shape) {
  while (!shape.empty() && shape.back() == 1) shape.pop_back();
  return shape;
}

/// Where the scale of a weight stands, and words for it.
Result<std::string> place_scales(const Maker& maker, const Bytes& b, const TensorInfo& scales,
                                 const CompressedGroup* group, PackedScales& s) {
  using Shape = std::vector<std::uint64_t>;
  const auto [block_rows, block_cols] = blocks_of(maker.q, group);
  const Shape shape = scales.shape, short_shape = trimmed(shape);
  s.count = scales.items();
  const auto stacked = [&](Shape one) {
    if (b.count > 1) one.insert(one.begin(), b.count);
    return one;
  };
  s.col_run = b.cols, s.row_run = b.rows, s.per_row = 1;
  if (block_rows != 0) {
    const std::size_t down = (b.rows + block_rows - 1) / block_rows, across = (b.cols + block_cols - 1) / block_cols;
    if (shape == stacked({down, across}) && (b.count == 1 || b.rows % block_rows == 0)) {
      s.row_run = block_rows, s.col_run = block_cols, s.per_row = across;
      return fmt::format("scales of {} x {}", block_rows, block_cols);
    }
  }
  if (scales.items() == 1) {
    s.row_run = b.count * b.rows;
    return std::string("one scale");
  }
  if (b.count > 1 && short_shape == Shape{b.count}) return std::string("one scale a matrix");
  if (short_shape == trimmed(stacked({b.rows})) || shape == stacked({b.rows, 1})) {
    s.row_run = 1;
    return std::string("scales of rows");
  }
  if (b.count > 1 && shape == Shape{b.count, 1, b.cols}) {
    s.col_run = 1, s.per_row = b.cols;
    return std::string("scales of columns");
  }
  if (group != nullptr && group->group_size != 0) {
    SG_TRY(const std::size_t groups, maker.groups_of(b.tensor, b.cols, group->group_size));
    if (shape == stacked({b.rows, groups})) {
      s.row_run = 1, s.col_run = group->group_size, s.per_row = groups;
      return fmt::format("groups of {}", group->group_size);
    }
  }
  const std::string blocks = block_rows == 0 ? "" : fmt::format(", or of blocks of {} x {}", block_rows, block_cols);
  return maker.wrong(scales, "has the wrong shape",
                     fmt::format("scales of {}, of its rows or of the whole{}", shape_text(b.tensor.shape), blocks));
}

Result<void> make_one(Maker& maker, const TensorInfo& tensor, const TensorInfo& scales) {
  const std::size_t dims = tensor.shape.size();
  if ((dims != 2 && dims != 3) || tensor.items() == 0) return maker.wrong(tensor, "is no matrix", "two dimensions");
  const Bytes b = {tensor, dims == 3 ? tensor.shape[0] : 1, tensor.shape[dims - 2], tensor.shape[dims - 1]};
  const bool float8 = is_float8(tensor);
  PackedMatrix m;
  m.rows = b.count * b.rows, m.cols = b.cols, m.row_bytes = b.cols, m.codes = tensor.data;
  m.level = tensor.dtype == DType::kF8E4M3 ? Level::kE4M3 : float8 ? Level::kE5M2 : Level::kSigned;
  m.scales.data = scales.data;
  SG_TRY(m.scales.type, maker.scale_type(scales));
  SG_TRY(const CompressedGroup* group, compressed_group_of(maker.q, module_of(tensor.name)));
  SG_TRY(const std::string words, place_scales(maker, b, scales, group, m.scales));
  const TensorInfo* zeros = maker.find(tensor.name + "_zero_point");
  if (zeros != nullptr && group != nullptr && group->symmetric) return maker.unapplied_zeros(*zeros, *group);
  if (zeros != nullptr) {
    SG_TRY_VOID(maker.expect(*zeros, {DType::kI8}, scales.shape));
    m.zeros = {.layout = ZeroLayout::kBytes, .data = zeros->data};
  }
  m.form = fmt::format("{}, {}", float8 ? name(tensor.dtype) : "I8", words);
  maker.add({tensor.name, tensor.shape, std::move(m)}, {&tensor, &scales, zeros});
  return {};
}

/// Scales of what flows through the layer when it is run with rounded activations.
bool is_runtime_scale(std::string_view name) {
  constexpr std::string_view kEnds[] = {".input_scale",      ".activation_scale",   ".output_scale",
                                        ".input_zero_point", ".output_zero_point",  ".k_scale",
                                        ".v_scale",          ".kv_scale",           ".q_scale",
                                        ".prob_scale",       ".qscale_act",         "_input_scale",
                                        "_activation_scale", ".input_global_scale", ".input_scale_ub"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace

Result<void> make_float8(Maker& maker) {
  for (const TensorInfo& tensor : maker.stored()) {
    if (is_runtime_scale(tensor.name)) maker.leave(&tensor);
    if (maker.is_taken(tensor) || tensor.shape.size() < 2) continue;
    const bool bytes = is_float8(tensor) || tensor.dtype == DType::kI8;
    const TensorInfo* scales = bytes ? scales_of(maker, tensor) : nullptr;
    if (scales != nullptr) {
      SG_TRY_VOID(make_one(maker, tensor, *scales));
    } else if (is_float8(tensor) && !tensor.name.ends_with("_scale") && !tensor.name.ends_with("_scale_inv")) {
      return maker.need(tensor.name + "_scale", fmt::format("the scales of {}", tensor.name)).error();
    }
  }
  return {};
}

}  // namespace sg
