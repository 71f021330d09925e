// Small whole numbers in 32-bit words: GPTQ (Frantar et al. 2022, as AutoGPTQ stores it), AWQ (Lin et al. 2023, version
// gemm) and compressed-tensors' pack-quantized.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "io/window.h"
#include "kernel/decode.h"
#include "model/forms/maker.h"

namespace sg {
namespace {

std::string stem(const TensorInfo& tensor, std::string_view end) {
  return tensor.name.substr(0, tensor.name.size() - end.size());
}

std::string group_words(std::size_t size) { return size == 0 ? "one group" : fmt::format("groups of {}", size); }

bool is_matrix_of(const TensorInfo& t, DType dtype) { return t.dtype == dtype && t.shape.size() == 2 && t.items() > 0; }

/// Inputs x outputs of a word matrix of GPTQ; zeros when its shape cannot be.
struct Sizes {
  std::size_t inputs = 0, outputs = 0;
};

/// What GPTQModel took from the words of zero points, one word after another: a one in every number, which borrows from
/// the next where a zero point is 0. Of 3 bits, before version 7, three words in turn that were meant so.
std::uint32_t taken_from(std::size_t word, unsigned bits) {
  constexpr std::uint32_t kThrees[] = {0x24924924, 0x92492492, 0x49249249};
  return bits == 3 ? kThrees[word % 3] : ~std::uint32_t{0} / ((1u << bits) - 1);
}

/// A copy of zero points that were stored by whole words, as they are: reading adds what was taken.
const std::byte* restored_zeros(Maker& maker, const TensorInfo& zeros, unsigned bits) {
  std::string words(maker.text(zeros));
  const std::size_t row_words = static_cast<std::size_t>(zeros.shape[1]);
  for (std::size_t at = 0; at + 4 <= words.size(); at += 4) {
    const auto stored = load_le<std::uint32_t>(reinterpret_cast<const std::byte*>(words.data()) + at);
    const std::uint32_t word = stored + taken_from(at / 4 % row_words, bits);
    for (unsigned i = 0; i < 4; ++i) words[at + i] = static_cast<char>(word >> (8 * i) & 255u);
  }
  return maker.keep(std::move(words));
}

/// The overrides that layers follow.
using Met = std::set<const LayerOverride*>;

Result<void> make_one_gptq(Maker& maker, const TensorInfo& words, Met& met) {
  const std::string layer = stem(words, ".qweight");
  SG_TRY(const WordForm form, word_form_of(maker.q, layer));
  met.insert(form.from);
  const unsigned bits = form.bits;
  SG_TRY(const TensorInfo* scales, maker.need(layer + ".scales", "the scales of its groups"));
  SG_TRY(const TensorInfo* zeros, maker.need(layer + ".qzeros", "the zero points of its groups"));
  const TensorInfo* order = maker.find(layer + ".g_idx");
  if (!is_matrix_of(words, DType::kI32) || words.shape[0] * 32 % bits != 0) {
    return maker.wrong(words, "holds no words of a matrix", fmt::format("I32 of inputs * {} / 32 x outputs", bits));
  }
  const Sizes sizes = {words.shape[0] * 32 / bits, words.shape[1]};
  SG_TRY(const std::size_t groups, maker.groups_of(words, sizes.inputs, form.group_size));
  SG_TRY_VOID(maker.expect(*scales, {DType::kF16, DType::kBF16, DType::kF32}, {groups, sizes.outputs}));
  if (sizes.outputs * bits % 32 != 0) {
    return maker.wrong(*zeros, "cannot hold the zero points", fmt::format("outputs * {} / 32 words", bits));
  }
  SG_TRY_VOID(maker.expect(*zeros, {DType::kI32}, {groups, sizes.outputs * bits / 32}));
  if (order != nullptr) SG_TRY_VOID(maker.expect(*order, {DType::kI32}, {sizes.inputs}));
  PackedMatrix m;
  m.rows = sizes.inputs, m.cols = sizes.outputs, m.bits = bits, m.by_inputs = true;
  m.layout = CodeLayout::kColumnStream;
  m.codes = words.data, m.row_bytes = 4 * sizes.outputs;
  SG_TRY(const ScaleType type, maker.scale_type(*scales));
  m.scales = {.type = type,
              .data = scales->data,
              .row_run = sizes.inputs / groups,
              .per_row = sizes.outputs,
              .count = scales->items()};
  m.zeros = {.layout = ZeroLayout::kStream,
             .data = zeros->data,
             .row_bytes = zeros->bytes / groups,
             .add = form.zeros == StoredZeros::kLessOne ? 1 : 0,
             .wraps = true};
  if (form.zeros == StoredZeros::kLessOneByWords || form.zeros == StoredZeros::kLessOldThrees) {
    m.zeros.data = restored_zeros(maker, *zeros, bits);
  }
  if (order != nullptr) m.row_groups = order->data, m.groups = groups;
  m.form = fmt::format("GPTQ {} bit, {}", bits, group_words(form.group_size));
  maker.add({layer + ".weight", {sizes.outputs, sizes.inputs}, std::move(m)}, {&words, zeros, scales, order});
  return {};
}

Result<void> make_one_awq(Maker& maker, const TensorInfo& words, Met& met) {
  const std::string layer = stem(words, ".qweight");
  SG_TRY(const WordForm form, word_form_of(maker.q, layer));
  met.insert(form.from);
  SG_TRY(const TensorInfo* scales, maker.need(layer + ".scales", "the scales of its groups"));
  SG_TRY(const TensorInfo* zeros, maker.need(layer + ".qzeros", "the zero points of its groups"));
  if (!is_matrix_of(words, DType::kI32)) {
    return maker.wrong(words, "holds no words of a matrix", "I32 of inputs x outputs / 8");
  }
  const Sizes sizes = {words.shape[0], words.shape[1] * 8};
  SG_TRY(const std::size_t groups, maker.groups_of(words, sizes.inputs, form.group_size));
  SG_TRY_VOID(maker.expect(*scales, {DType::kF16, DType::kBF16, DType::kF32}, {groups, sizes.outputs}));
  SG_TRY_VOID(maker.expect(*zeros, {DType::kI32}, {groups, words.shape[1]}));
  PackedMatrix m;
  m.rows = sizes.inputs, m.cols = sizes.outputs, m.bits = 4, m.by_inputs = true;
  m.layout = CodeLayout::kAwq;
  m.codes = words.data, m.row_bytes = 4 * words.shape[1];
  SG_TRY(const ScaleType type, maker.scale_type(*scales));
  m.scales = {.type = type,
              .data = scales->data,
              .row_run = sizes.inputs / groups,
              .per_row = sizes.outputs,
              .count = scales->items()};
  m.zeros = {.layout = ZeroLayout::kAwq, .data = zeros->data, .row_bytes = 4 * words.shape[1]};
  m.form = fmt::format("AWQ 4 bit, {}", group_words(form.group_size));
  maker.add({layer + ".weight", {sizes.outputs, sizes.inputs}, std::move(m)}, {&words, zeros, scales});
  return {};
}

/// (outputs, inputs), two numbers that the file holds.
Result<Sizes> stated_shape(const Maker& maker, const TensorInfo& tensor) {
  const bool wide = tensor.dtype == DType::kI64;
  if ((!wide && tensor.dtype != DType::kI32) || tensor.items() != 2) {
    return maker.wrong(tensor, "is no shape of a matrix", "I64 of 2");
  }
  ensure({tensor.data, tensor.bytes});
  std::int64_t n[2];
  for (std::size_t i = 0; i < 2; ++i) {
    n[i] = wide ? load_le<std::int64_t>(tensor.data + 8 * i) : load_le<std::int32_t>(tensor.data + 4 * i);
    if (n[i] <= 0 || n[i] > static_cast<std::int64_t>(kLargestCount)) {
      Error error = maker.wrong(tensor, "is no shape of a matrix", "two sizes above 0");
      error.got = fmt::format("{}", n[i]);
      return error;
    }
  }
  return Sizes{.inputs = static_cast<std::size_t>(n[1]), .outputs = static_cast<std::size_t>(n[0])};
}

std::size_t words_for(std::size_t numbers, unsigned bits) { return (numbers * bits + 31) / 32; }

/// The entry of config_groups that this layer belongs to; an error when its words and scales have another shape.
Result<const CompressedGroup*> group_of(const Maker& maker, const TensorInfo& words, const TensorInfo& scales,
                                        const Sizes& sizes) {
  SG_TRY(const CompressedGroup* group, compressed_group_of(maker.q, stem(words, ".weight_packed")));
  if (group != nullptr && !group->is_float && words.shape[1] == words_for(sizes.inputs, group->bits)) {
    SG_TRY(const std::size_t groups, maker.groups_of(words, sizes.inputs, group->group_size));
    if (scales.shape == std::vector<std::uint64_t>{sizes.outputs, groups}) return group;
    const bool one = group->group_size == 0 && (scales.items() == sizes.outputs || scales.items() == 1);
    if (one) return group;
  }
  return maker.wrong(scales,
                     fmt::format("does not fit group {} of the configuration", group == nullptr ? "" : group->name),
                     fmt::format("scales for {} outputs and the groups of inputs that it names", sizes.outputs));
}

Result<void> make_one_compressed(Maker& maker, const TensorInfo& words) {
  const std::string layer = stem(words, ".weight_packed");
  SG_TRY(const TensorInfo* scales, maker.need(layer + ".weight_scale", "the scales of its groups"));
  SG_TRY(const TensorInfo* shape, maker.need(layer + ".weight_shape", "its shape"));
  const TensorInfo *zeros = maker.find(layer + ".weight_zero_point"), *order = maker.find(layer + ".weight_g_idx");
  SG_TRY(const Sizes sizes, stated_shape(maker, *shape));
  if (!is_matrix_of(words, DType::kI32) || words.shape[0] != sizes.outputs) {
    return maker.wrong(words, "holds no words of a matrix", fmt::format("I32 of {} x words", sizes.outputs));
  }
  SG_TRY(const CompressedGroup* group, group_of(maker, words, *scales, sizes));
  SG_TRY(const std::size_t groups, maker.groups_of(words, sizes.inputs, group->group_size));
  const unsigned bits = group->bits;
  PackedMatrix m;
  m.rows = sizes.outputs, m.cols = sizes.inputs, m.bits = bits;
  m.layout = CodeLayout::kWords;
  m.codes = words.data, m.row_bytes = 4 * words.shape[1];
  SG_TRY(const ScaleType type, maker.scale_type(*scales));
  m.scales = {.type = type,
              .data = scales->data,
              .row_run = scales->items() == 1 ? sizes.outputs : 1,
              .col_run = sizes.inputs / groups,
              .per_row = groups,
              .count = scales->items()};
  m.zeros.add = 1 << (bits - 1);  // stored numbers are signed ones moved up by half of the range
  if (zeros != nullptr && group->symmetric) return maker.unapplied_zeros(*zeros, *group);
  if (zeros != nullptr) {
    SG_TRY_VOID(maker.expect(*zeros, {DType::kI32}, {words_for(sizes.outputs, bits), groups}));
    m.zeros = {.layout = ZeroLayout::kRows, .data = zeros->data, .row_bytes = 4 * groups};
  } else if (!group->symmetric) {
    return maker.need(layer + ".weight_zero_point", "the zero points of its groups").error();
  }
  if (order != nullptr) {
    SG_TRY_VOID(maker.expect(*order, {DType::kI32, DType::kI64}, {sizes.inputs}));
    if (order->dtype != DType::kI32) return maker.wrong(*order, "is of a type that is not read", "I32");
    m.col_groups = order->data, m.groups = groups;
  }
  m.form = fmt::format("W{}A16, {}", bits, group_words(group->group_size));
  if (maker.q.runtime) m.form = fmt::format("W{}, {}", bits, group_words(group->group_size));
  maker.add({layer + ".weight", {sizes.outputs, sizes.inputs}, std::move(m)}, {&words, scales, shape, zeros, order});
  return {};
}

}  // namespace

Result<void> make_gptq(Maker& maker) {
  Met met;
  for (const TensorInfo& tensor : maker.stored()) {
    if (tensor.name.ends_with(".qweight")) SG_TRY_VOID(make_one_gptq(maker, tensor, met));
  }
  return check_overrides_met(maker.q, met);
}

Result<void> make_awq(Maker& maker) {
  Met met;
  for (const TensorInfo& tensor : maker.stored()) {
    if (tensor.name.ends_with(".qweight")) SG_TRY_VOID(make_one_awq(maker, tensor, met));
  }
  return check_overrides_met(maker.q, met);
}

Result<void> make_compressed(Maker& maker) {
  for (const TensorInfo& tensor : maker.stored()) {
    if (!tensor.name.ends_with(".weight_packed")) continue;
    if (tensor.dtype == DType::kU8) {
      SG_TRY_VOID(make_compressed_nibbles(maker, tensor, stem(tensor, ".weight_packed")));
    } else {
      SG_TRY_VOID(make_one_compressed(maker, tensor));
    }
  }
  return make_float8(maker);
}

}  // namespace sg
