// Nibbles of OCP E2M1 with a scale for every 32 or 16 inputs: MXFP4 (gpt-oss, compressed-tensors) and NVFP4 (ModelOpt,
// compressed-tensors), whose scales are E4M3 numbers times, or divided by, one for the whole matrix. And MXFP6
// (compressed-tensors): 6 bits of OCP E2M3, four to three bytes.
#include <fmt/format.h>

#include "model/forms/maker.h"

namespace sg {
namespace {

constexpr std::size_t kMxBlock = 32, kNvBlock = 16;

/// Rows of `cols` numbers, low nibble first.
PackedMatrix nibbles(const TensorInfo& codes, std::size_t rows, std::size_t cols) {
  PackedMatrix m;
  m.rows = rows, m.cols = cols, m.bits = 4, m.row_bytes = cols / 2;
  m.layout = CodeLayout::kWords;
  m.level = Level::kTable, m.table = kE2M1.data();
  m.codes = codes.data;
  return m;
}

void set_scales(PackedMatrix& m, const TensorInfo& scales, ScaleType type, std::size_t block) {
  m.scales = {.type = type, .data = scales.data, .col_run = block, .per_row = m.cols / block, .count = scales.items()};
}

Result<void> make_mx(Maker& maker, const TensorInfo& blocks) {
  const std::string name = blocks.name.substr(0, blocks.name.size() - std::string_view("_blocks").size());
  SG_TRY(const TensorInfo* scales, maker.need(name + "_scales", fmt::format("the scales of {}", name)));
  const std::vector<std::uint64_t>& shape = blocks.shape;
  const std::size_t dims = shape.size();
  if ((dims != 3 && dims != 4) || blocks.dtype != DType::kU8 || shape.back() != kMxBlock / 2 || blocks.items() == 0) {
    return maker.wrong(blocks, "holds no MXFP4 blocks", "U8 of matrices x outputs x blocks x 16");
  }
  SG_TRY_VOID(maker.expect(*scales, {DType::kU8}, {shape.begin(), shape.end() - 1}));
  const std::size_t count = dims == 4 ? shape[0] : 1, outputs = shape[dims - 3], inputs = shape[dims - 2] * kMxBlock;
  PackedMatrix m = nibbles(blocks, count * outputs, inputs);
  set_scales(m, *scales, ScaleType::kE8M0, kMxBlock);
  m.form = "MXFP4";
  // transformers holds the experts of its one family (inputs x outputs).
  std::vector<std::uint64_t> plain = {outputs, inputs};
  if (dims == 4) plain = {count, inputs, outputs};
  maker.add({name, std::move(plain), std::move(m)}, {&blocks, scales});
  return {};
}

}  // namespace

Result<void> make_mxfp4(Maker& maker) {
  for (const TensorInfo& tensor : maker.stored()) {
    if (tensor.name.ends_with("_blocks")) SG_TRY_VOID(make_mx(maker, tensor));
  }
  return {};
}

/// 64 numbers of E2M3 by their code: sign, two bits of exponent, three of mantissa.
const std::array<float, 64>& e2m3() {
  static const std::array<float, 64> levels = [] {
    std::array<float, 64> made{};
    for (unsigned code = 0; code < 32; ++code) {
      const unsigned exponent = code / 8, mantissa = code % 8;
      const unsigned eighths = exponent == 0 ? mantissa : (8 + mantissa) << (exponent - 1);
      made[code] = static_cast<float>(eighths) / 8.0f;
      made[code + 32] = -made[code];
    }
    return made;
  }();
  return levels;
}

/// Whether codes and scales are of MXFP6: 24 bytes to every scale, where MXFP4 has 16.
bool is_mxfp6(const TensorInfo& codes, const TensorInfo& scales) {
  return scales.shape.size() == 2 && codes.shape.size() == 2 && codes.shape[1] % (kMxBlock * 6 / 8) == 0 &&
         codes.shape[1] / (kMxBlock * 6 / 8) == scales.shape[1];
}

Result<PackedMatrix> mxfp6_matrix(const Maker& maker, const TensorInfo& codes, const TensorInfo& scales) {
  if (codes.items() == 0) return maker.wrong(codes, "holds no matrix", "U8 of outputs x inputs * 6 / 8");
  SG_TRY_VOID(maker.expect(scales, {DType::kU8}, {codes.shape[0], codes.shape[1] / (kMxBlock * 6 / 8)}));
  PackedMatrix m = nibbles(codes, codes.shape[0], codes.shape[1] / 6 * 8);
  m.bits = 6, m.row_bytes = codes.shape[1], m.table = e2m3().data(), m.form = "MXFP6";
  set_scales(m, scales, ScaleType::kE8M0, kMxBlock);
  return m;
}

/// (outputs x inputs) of nibbles in `codes`, with scales of `block` inputs.
Result<PackedMatrix> nibble_matrix(const Maker& maker, const TensorInfo& codes, const TensorInfo& scales,
                                   std::size_t block) {
  if (codes.dtype != DType::kU8 || codes.shape.size() != 2 || codes.items() == 0) {
    return maker.wrong(codes, "holds no matrix of nibbles", "U8 of outputs x inputs / 2");
  }
  const std::size_t rows = codes.shape[0], cols = 2 * codes.shape[1];
  SG_TRY(const std::size_t groups, maker.groups_of(codes, cols, block));
  const DType type = block == kMxBlock ? DType::kU8 : DType::kF8E4M3;
  SG_TRY_VOID(maker.expect(scales, {type}, {rows, groups}));
  PackedMatrix m = nibbles(codes, rows, cols);
  set_scales(m, scales, block == kMxBlock ? ScaleType::kE8M0 : ScaleType::kE4M3, block);
  return m;
}

Result<void> make_nvfp4(Maker& maker) {
  for (const TensorInfo& codes : maker.stored()) {
    if (!codes.name.ends_with(".weight") || codes.dtype != DType::kU8) continue;
    SG_TRY(const TensorInfo* scales, maker.need(codes.name + "_scale", "the scales of its blocks"));
    SG_TRY(const TensorInfo* whole, maker.need(codes.name + "_scale_2", "the scale of the matrix"));
    SG_TRY(PackedMatrix m, nibble_matrix(maker, codes, *scales, kNvBlock));
    SG_TRY(m.scales.global, maker.scalar(*whole));
    m.form = "NVFP4";
    const std::vector<std::uint64_t> shape = {m.rows, m.cols};
    maker.add({codes.name, shape, std::move(m)}, {&codes, scales, whole});
  }
  return {};
}

Result<void> make_compressed_nibbles(Maker& maker, const TensorInfo& codes, const std::string& layer) {
  SG_TRY(const TensorInfo* scales, maker.need(layer + ".weight_scale", "the scales of its blocks"));
  const TensorInfo* whole = maker.find(layer + ".weight_global_scale");
  const std::size_t block = whole == nullptr ? kMxBlock : kNvBlock;
  const bool six = whole == nullptr && is_mxfp6(codes, *scales);
  SG_TRY(PackedMatrix m, six ? mxfp6_matrix(maker, codes, *scales) : nibble_matrix(maker, codes, *scales, block));
  if (!six) m.form = whole == nullptr ? "MXFP4" : "NVFP4";
  if (whole != nullptr) {
    SG_TRY(m.scales.global, maker.scalar(*whole));
    m.scales.divide = true;
  }
  const std::vector<std::uint64_t> shape = {m.rows, m.cols};
  maker.add({layer + ".weight", shape, std::move(m)}, {&codes, scales, whole});
  return {};
}

}  // namespace sg
