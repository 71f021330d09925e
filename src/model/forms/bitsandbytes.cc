// bitsandbytes (Dettmers et al. 2022, 2023): nf4 and fp4 with a scale for every 64 numbers, which may be quantised
// again, and int8 with a scale for every row.
#include <fmt/format.h>

#include <cmath>

#include "model/forms/maker.h"

namespace sg {
namespace {

constexpr std::string_view kState = ".quant_state.bitsandbytes__";
// The factor by which the package undoes 127 of LLM.int8, in float32.
constexpr float kOver127 = 7.874015718698502e-3f;

/// What the JSON text in a tensor of bytes says of a packed matrix.
struct State {
  std::size_t rows = 0, cols = 0, block = 64, outer_block = 256;
  double outer_offset = 0;
};

Result<std::size_t> size_in(const ConfigValue& root, std::string_view key, std::size_t absent,
                            const std::string& where) {
  const ConfigValue* value = root.member(key);
  if (value == nullptr || value->is_null()) return absent;
  const auto* n = std::get_if<std::int64_t>(value);
  if (n != nullptr && *n > 0 && static_cast<double>(*n) <= kLargestCount) return static_cast<std::size_t>(*n);
  return Error{
      .what = fmt::format("{} has no usable value", key), .where = where, .expected = "a size", .got = show(*value)};
}

Result<State> read_state(const Maker& maker, const TensorInfo& tensor) {
  const std::string where = fmt::format("{} ({})", tensor.name, maker.q.where);
  SG_TRY(const ConfigValue root, parse_config_json(maker.text(tensor), where));
  State state;
  SG_TRY(state.block, size_in(root, "blocksize", 64, where));
  SG_TRY(state.outer_block, size_in(root, "nested_blocksize", 256, where));
  const ConfigValue* offset = root.member("nested_offset");
  if (offset != nullptr) {
    const auto* real = std::get_if<double>(offset);
    const auto* whole = std::get_if<std::int64_t>(offset);
    state.outer_offset = real != nullptr ? *real : whole != nullptr ? static_cast<double>(*whole) : std::nan("");
  }
  const ConfigValue* shape = root.member("shape");
  const auto* list = shape == nullptr ? nullptr : std::get_if<ConfigList>(shape);
  std::size_t sizes[2] = {0, 0};
  for (std::size_t i = 0; list != nullptr && list->size() == 2 && i < 2; ++i) {
    const auto* n = std::get_if<std::int64_t>(&(*list)[i]);
    if (n != nullptr && *n > 0 && static_cast<double>(*n) <= kLargestCount) sizes[i] = static_cast<std::size_t>(*n);
  }
  if (sizes[0] == 0 || sizes[1] == 0 || !std::isfinite(state.outer_offset)) {
    return Error{.what = "the state of a packed matrix cannot be", .where = where, .expected = "a shape of two sizes"};
  }
  state.rows = sizes[0], state.cols = sizes[1];
  return state;
}

Result<void> make_nibbles(Maker& maker, const TensorInfo& codes, const TensorInfo& state_tensor,
                          std::string_view kind) {
  SG_TRY(const State state, read_state(maker, state_tensor));
  const std::size_t items = state.rows * state.cols, blocks = (items + state.block - 1) / state.block;
  if (codes.dtype != DType::kU8 || codes.items() != (items + 1) / 2) {
    return maker.wrong(codes, "does not hold its matrix", fmt::format("U8 of {} x 1", (items + 1) / 2));
  }
  SG_TRY(const TensorInfo* scales, maker.need(codes.name + ".absmax", "the scales of its blocks"));
  SG_TRY(const TensorInfo* map, maker.need(codes.name + ".quant_map", "what its codes stand for"));
  const TensorInfo *outer = maker.find(codes.name + ".nested_absmax"), *outer_map = nullptr;
  PackedMatrix m;
  m.rows = state.rows, m.cols = state.cols, m.bits = 4, m.row_bytes = state.cols / 2;
  m.layout = CodeLayout::kNibblesHigh;
  m.level = Level::kTable;
  SG_TRY(m.table, maker.table(*map, 16));
  m.codes = codes.data;
  m.scales = {.type = ScaleType::kF32, .data = scales->data, .col_run = state.block, .count = blocks, .flat = true};
  const std::vector<std::uint64_t> one_each = {blocks};
  if (scales->dtype == DType::kU8) {
    SG_TRY_VOID(maker.expect(*scales, {DType::kU8}, one_each));
    SG_TRY(outer, maker.need(codes.name + ".nested_absmax", "the scales of its scales"));
    SG_TRY(outer_map, maker.need(codes.name + ".nested_quant_map", "what the codes of its scales stand for"));
    const std::size_t outer_blocks = (blocks + state.outer_block - 1) / state.outer_block;
    SG_TRY_VOID(maker.expect(*outer, {DType::kF32}, {outer_blocks}));
    SG_TRY(m.scales.outer_map, maker.table(*outer_map, 256));
    m.scales.type = ScaleType::kNested;
    m.scales.outer = outer->data;
    m.scales.outer_run = state.outer_block;
    m.scales.outer_offset = static_cast<float>(state.outer_offset);
  } else {
    SG_TRY_VOID(maker.expect(*scales, {DType::kF32}, one_each));
  }
  m.form = fmt::format("{}, blocks of {}{}", kind, state.block, outer_map == nullptr ? "" : ", scales quantised");
  maker.add({codes.name, {state.rows, state.cols}, std::move(m)},
            {&codes, scales, map, outer, outer_map, &state_tensor});
  return {};
}

Result<void> make_int8(Maker& maker, const TensorInfo& codes, const TensorInfo& scales) {
  if (codes.dtype != DType::kI8 || codes.shape.size() != 2 || codes.items() == 0) {
    return maker.wrong(codes, "is no matrix of bytes", "I8 of outputs x inputs");
  }
  SG_TRY_VOID(maker.expect(scales, {DType::kF32}, {codes.shape[0]}));
  PackedMatrix m;
  m.rows = codes.shape[0], m.cols = codes.shape[1], m.row_bytes = m.cols;
  m.level = Level::kSigned;
  m.codes = codes.data;
  m.scales = {.type = ScaleType::kF32, .data = scales.data, .col_run = m.cols, .count = m.rows};
  m.after = kOver127;
  m.form = "LLM.int8, scales of rows";
  const std::string layer = codes.name.substr(0, codes.name.size() - std::string_view(".weight").size());
  maker.leave(maker.find(layer + ".weight_format"));
  maker.add({codes.name, codes.shape, std::move(m)}, {&codes, &scales});
  return {};
}

}  // namespace

Result<void> make_bitsandbytes(Maker& maker) {
  for (const TensorInfo& tensor : maker.stored()) {
    if (const std::size_t at = tensor.name.find(kState); at != std::string::npos) {
      const std::string kind = tensor.name.substr(at + kState.size());
      SG_TRY(const TensorInfo* codes, maker.need(tensor.name.substr(0, at), "the codes of a packed matrix"));
      SG_TRY_VOID(make_nibbles(maker, *codes, tensor, kind));
    } else if (tensor.name.ends_with(".SCB")) {
      const std::string layer = tensor.name.substr(0, tensor.name.size() - std::string_view(".SCB").size());
      SG_TRY(const TensorInfo* codes, maker.need(layer + ".weight", "the bytes of a matrix"));
      SG_TRY_VOID(make_int8(maker, *codes, tensor));
    }
  }
  return {};
}

}  // namespace sg
