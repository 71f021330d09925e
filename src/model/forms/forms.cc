#include "model/forms/forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernel/decode.h"
#include "model/forms/maker.h"
#include "model/forms/quantization.h"

namespace sg {
namespace {

/// A quantization_config may be left over from the file that plain weights were made from: then every tensor is of a
/// plain type, and none is left unread inside the model, which bind() sees to.
bool has_plain_weights(const Checkpoint& checkpoint) {
  return std::ranges::all_of(checkpoint.tensors, [](const TensorInfo& tensor) {
    constexpr DType kPlain[] = {DType::kF64, DType::kF32, DType::kF16, DType::kBF16};
    return tensor.shape.size() < 2 || std::ranges::find(kPlain, tensor.dtype) != std::end(kPlain);
  });
}

Result<void> make(Maker& maker) {
  switch (maker.q.method) {
    case QuantMethod::kFloat8: return make_float8(maker);
    case QuantMethod::kCompressed: return make_compressed(maker);
    case QuantMethod::kModelOpt: SG_TRY_VOID(make_nvfp4(maker)); return make_float8(maker);
    case QuantMethod::kMxfp4: return make_mxfp4(maker);
    case QuantMethod::kGptq: return make_gptq(maker);
    case QuantMethod::kAwq: return make_awq(maker);
    case QuantMethod::kBitsandbytes: return make_bitsandbytes(maker);
    case QuantMethod::kHqq: return make_hqq(maker);
    case QuantMethod::kTorchao: return make_torchao(maker);
  }
  return {};
}

Result<void> check_groups(const std::byte* groups, std::size_t n, const PackedMatrix& m, const Error& shared) {
  for (std::size_t i = 0; groups != nullptr && i < n; ++i) {
    const auto group = load_le<std::int32_t>(groups + 4 * i);
    if (group >= 0 && static_cast<std::size_t>(group) < m.groups) continue;
    Error error = shared;
    error.what += fmt::format(" names a group for input {} that there is not", i);
    error.expected = fmt::format("0 to {}", m.groups - 1);
    error.got = fmt::format("{}", group);
    return error;
  }
  return {};
}

}  // namespace

Result<void> make_matrices(const Config& config, Checkpoint& checkpoint, std::vector<std::string>& notices) {
  if (config.format() == Format::kGguf) return {};
  SG_TRY_VOID(config.check_object("quantization_config"));
  const bool stated = config.has_object("quantization_config") || config.has_object("compression_config");
  if ((stated || !checkpoint.quantization_json.empty()) && has_plain_weights(checkpoint)) {
    notices.emplace_back("quantization_config is not read: every weight is stored in a plain type");
    return {};
  }
  SG_TRY(const std::optional<Quantization> quantization, read_quantization(config, checkpoint));
  if (!quantization) return {};
  checkpoint.made.gptqmodel = quantization->gptqmodel;
  Maker maker(*quantization, checkpoint);
  SG_TRY_VOID(make(maker));
  if (maker.made() == 0) {
    return Error{
        .what = fmt::format("the quantization_config names {}, and no tensor is stored so", quantization->name),
        .where = quantization->where,
        .expected = "the tensors of packed layers, or plain ones alone",
        .hint = "config and weights belong to different models"};
  }
  std::ranges::sort(checkpoint.made.tensors, {}, &TensorInfo::name);
  if (quantization->runtime && maker.made() > 0) {
    notices.emplace_back(
        "the weights are measured as they are stored; the rounding of activations that the quantisation asks for when "
        "the model is run is not part of them");
  }
  return {};
}

Result<void> check_scales(const TensorInfo& tensor, const Checkpoint& checkpoint) {
  if (tensor.packed == nullptr) return {};
  const PackedMatrix& m = *tensor.packed;
  const Error shared = {.what = fmt::format("{} ({})", tensor.name, m.form), .where = checkpoint.path.string()};
  SG_TRY_VOID(check_groups(m.row_groups, m.rows, m, shared));
  SG_TRY_VOID(check_groups(m.col_groups, m.cols, m, shared));
  const bool float_zeros = m.zeros.layout == ZeroLayout::kFloats;
  for (std::size_t i = 0; i < m.scales.count; ++i) {
    const float scale = packed_scale(m, i), zero = float_zeros ? packed_group_zero(m, 0, 0, i) : 0.0f;
    if (std::isfinite(scale) && std::isfinite(zero)) continue;
    const bool is_scale = !std::isfinite(scale);
    Error error = shared;
    error.what += fmt::format(" has a {} that is not finite, number {}", is_scale ? "scale" : "zero point", i);
    error.expected = is_scale ? "finite scales" : "finite zero points";
    error.got = fmt::format("{}", is_scale ? scale : zero);
    error.hint = "the file is damaged, or was made with an error";
    return error;
  }
  return {};
}

}  // namespace sg
