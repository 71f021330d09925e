// HQQ (Badri and Shaji 2023), as transformers saves it: whole numbers of 1, 2, 3, 4 or 8 bits beside scales and zero
// points of floating point, one of each for every `group_size` numbers of the flat matrix (axis 1).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/forms/maker.h"

namespace sg {
namespace {

/// What stands beside the codes and says nothing about the numbers.
constexpr std::string_view kBeside[] = {"packing",      "unpack_view_dtype",  "view_as_float",       "compute_dtype",
                                        "offload_meta", "encoded_state_dict", "stores_quant_config", "channel_wise",
                                        "optimize",     "round_zero"};

struct Layer {
  const TensorInfo &codes, *scales, *zeros;
  std::size_t outputs = 0, inputs = 0, bits = 0, group = 0;
  std::size_t groups() const { return outputs * inputs / group; }
};

Result<std::size_t> stated(const Maker& maker, const std::string& name, std::string_view what) {
  SG_TRY(const TensorInfo* tensor, maker.need(name, what));
  return maker.count_in(*tensor);
}

/// Errors: scales that are themselves quantised, groups across the rows.
Result<void> check_settings(const Maker& maker, const std::string& layer) {
  for (const char* flag : {"quant_scale", "quant_zero"}) {
    const TensorInfo* tensor = maker.find(layer + flag);
    if (tensor == nullptr) continue;
    SG_TRY(const std::size_t set, maker.count_in(*tensor));
    if (set != 0) return maker.wrong(*tensor, "asks for what is not read", "scales and zero points as plain numbers");
  }
  SG_TRY(const std::size_t axis, stated(maker, layer + "axis", "the axis of its groups"));
  if (axis != 1) return maker.wrong(*maker.find(layer + "axis"), "asks for what is not read", "axis 1");
  return {};
}

Result<void> read_sizes(const Maker& maker, const std::string& name, Layer& layer) {
  SG_TRY(const TensorInfo* shape, maker.need(name + "shape", "its shape"));
  SG_TRY_VOID(maker.expect(*shape, {DType::kI64, DType::kI32}, {2}));
  std::size_t* sizes[] = {&layer.outputs, &layer.inputs};
  for (std::size_t i = 0; i < 2; ++i) {
    TensorInfo one = *shape;
    one.shape = {}, one.bytes = shape->bytes / 2, one.data = shape->data + i * one.bytes;
    SG_TRY(*sizes[i], maker.count_in(one));
    if (*sizes[i] == 0) return maker.wrong(*shape, "is no shape of a matrix", "two sizes above 0");
  }
  SG_TRY(layer.bits, stated(maker, name + "nbits", "the bits of its numbers"));
  constexpr std::array<std::size_t, 5> kBits = {1, 2, 3, 4, 8};
  if (std::ranges::find(kBits, layer.bits) == kBits.end()) {
    return maker.wrong(*maker.find(name + "nbits"), "has no usable value", "1, 2, 3, 4 or 8");
  }
  SG_TRY(layer.group, stated(maker, name + "group_size", "the size of its groups"));
  const std::size_t items = layer.outputs * layer.inputs;
  if (layer.group != 0 && items % layer.group == 0) return {};
  Error error = maker.wrong(*maker.find(name + "group_size"), "is the size of groups that do not divide its matrix",
                            fmt::format("a divisor of {} x {}", layer.outputs, layer.inputs));
  error.got = fmt::format("{}", layer.group);
  return error;
}

/// The groups share bytes in parts: 8 / bits of them, or ten of three bits in a word.
Result<void> add_layer(Maker& maker, const std::string& name, const Layer& layer) {
  const bool words = layer.bits == 3;
  const std::size_t parts = words ? 10 : 8 / layer.bits, groups = layer.groups(), down = (groups + parts - 1) / parts;
  if (!words && groups % parts != 0) {
    return maker.wrong(layer.codes, "has groups that do not fill its bytes", fmt::format("a multiple of {}", parts));
  }
  SG_TRY_VOID(maker.expect(layer.codes, {words ? DType::kI32 : DType::kU8}, {down, layer.group}));
  for (const TensorInfo* numbers : {layer.scales, layer.zeros}) {
    SG_TRY_VOID(maker.expect(*numbers, {DType::kF32, DType::kF16, DType::kBF16}, {groups, 1}));
  }
  PackedMatrix m;
  m.rows = layer.outputs, m.cols = layer.inputs, m.bits = static_cast<unsigned>(layer.bits);
  m.row_bytes = m.cols * m.bits / 8;
  m.layout = CodeLayout::kParts, m.part_items = down * layer.group;
  m.codes = layer.codes.data;
  SG_TRY(const ScaleType type, maker.scale_type(*layer.scales));
  m.scales = {.type = type, .data = layer.scales->data, .col_run = layer.group, .count = groups, .flat = true};
  SG_TRY(const ScaleType zero_type, maker.scale_type(*layer.zeros));
  m.zeros = {.layout = ZeroLayout::kFloats, .type = zero_type, .data = layer.zeros->data};
  m.form = fmt::format("HQQ {} bit, groups of {}", layer.bits, layer.group);
  maker.add({name + "weight", {layer.outputs, layer.inputs}, std::move(m)},
            {&layer.codes, layer.scales, layer.zeros, maker.find(name + "shape"), maker.find(name + "nbits"),
             maker.find(name + "group_size"), maker.find(name + "axis")});
  return {};
}

Result<void> make_layer(Maker& maker, const TensorInfo& codes) {
  const std::string name = codes.name.substr(0, codes.name.size() - std::string_view("W_q").size());
  SG_TRY_VOID(check_settings(maker, name));
  Layer layer = {.codes = codes, .scales = nullptr, .zeros = nullptr};
  SG_TRY_VOID(read_sizes(maker, name, layer));
  SG_TRY(layer.scales, maker.need(name + "scale", "the scales of its groups"));
  SG_TRY(layer.zeros, maker.need(name + "zero", "the zero points of its groups"));
  for (const std::string_view beside : kBeside) maker.leave(maker.find(name + std::string(beside)));
  for (const char* flag : {"quant_scale", "quant_zero"}) maker.leave(maker.find(name + flag));
  return add_layer(maker, name, layer);
}

}  // namespace

Result<void> make_hqq(Maker& maker) {
  for (const TensorInfo& tensor : maker.stored()) {
    if (tensor.name.ends_with(".W_q")) SG_TRY_VOID(make_layer(maker, tensor));
  }
  return {};
}

}  // namespace sg
