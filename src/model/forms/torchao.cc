// torchao's tensors as its safetensors hold them: the file's metadata says of every weight what class it was of and
// which parts it has, and part P of layer.weight is the tensor layer._weight_P. Read are those whose numbers are (qdata
// - zero_point) x scale in blocks of a stated size.
#include <fmt/format.h>

#include <algorithm>

#include "model/forms/maker.h"

namespace sg {
namespace {

constexpr const char* kRead = "Float8Tensor, Int8Tensor or IntxUnpackedToInt8Tensor";

struct Stored {
  std::string name;    // of the weight
  std::string prefix;  // of its parts
  std::string where;
  ConfigValue said;
};

Error wrong_entry(const Stored& stored, std::string what, std::string expected, std::string got) {
  return {.what = fmt::format("{} {}", stored.name, what),
          .where = stored.where,
          .expected = std::move(expected),
          .got = std::move(got),
          .hint = "measure the original checkpoint, or save the model with one of those"};
}

/// [rows, columns] that share a scale.
Result<std::array<std::size_t, 2>> block_size(const Stored& stored, const TensorInfo& codes) {
  const ConfigValue* data = stored.said.member("_data");
  const ConfigValue* value = data == nullptr ? nullptr : data->member("block_size");
  const auto* list = value == nullptr ? nullptr : std::get_if<ConfigList>(value);
  std::array<std::size_t, 2> sizes{};
  bool good = list != nullptr && list->size() == 2;
  for (std::size_t i = 0; good && i < 2; ++i) {
    const auto* n = std::get_if<std::int64_t>(&(*list)[i]);
    good = n != nullptr && *n > 0 && codes.shape[i] % static_cast<std::uint64_t>(*n) == 0;
    if (good) sizes[i] = static_cast<std::size_t>(*n);
  }
  if (good) return sizes;
  return wrong_entry(stored, "has a block_size that cannot be",
                     fmt::format("two sizes that divide {}", shape_text(codes.shape)),
                     value == nullptr ? "nothing" : show(*value));
}

Result<void> place_scales(const Maker& maker, const Stored& stored, const TensorInfo& scales, PackedMatrix& m,
                          std::array<std::size_t, 2> block) {
  const std::size_t down = m.rows / block[0], across = m.cols / block[1];
  const bool fits = scales.items() == down * across && std::ranges::all_of(scales.shape, [&](std::uint64_t n) {
                      return n == 1 || n == down || n == across;
                    });
  if (!fits) {
    return maker.wrong(
        scales, "has the wrong shape",
        fmt::format("{} x {}, one for {} x {} numbers of {}", down, across, block[0], block[1], stored.name));
  }
  SG_TRY(const ScaleType type, maker.scale_type(scales));
  m.scales = {.type = type,
              .data = scales.data,
              .row_run = block[0],
              .col_run = block[1],
              .per_row = across,
              .count = down * across};
  return {};
}

/// One byte a weight: what all classes that are read have.
Result<void> make_bytes(Maker& maker, const Stored& stored, bool float8) {
  SG_TRY(const TensorInfo* codes, maker.need(stored.prefix + "qdata", fmt::format("the numbers of {}", stored.name)));
  SG_TRY(const TensorInfo* scales, maker.need(stored.prefix + "scale", fmt::format("the scales of {}", stored.name)));
  const bool typed =
      float8 ? codes->dtype == DType::kF8E4M3 || codes->dtype == DType::kF8E5M2 : codes->dtype == DType::kI8;
  if (!typed || codes->shape.size() != 2 || codes->items() == 0) {
    return maker.wrong(*codes, "is no matrix of bytes",
                       float8 ? "F8_E4M3 of outputs x inputs" : "I8 of outputs x inputs");
  }
  PackedMatrix m;
  m.rows = codes->shape[0], m.cols = codes->shape[1], m.row_bytes = m.cols, m.codes = codes->data;
  m.level = codes->dtype == DType::kF8E4M3 ? Level::kE4M3 : float8 ? Level::kE5M2 : Level::kSigned;
  SG_TRY(const auto block, block_size(stored, *codes));
  SG_TRY_VOID(place_scales(maker, stored, *scales, m, block));
  const TensorInfo* zeros = maker.find(stored.prefix + "zero_point");
  if (zeros != nullptr) {
    SG_TRY_VOID(maker.expect(*zeros, {DType::kI8}, scales->shape));
    m.zeros = {.layout = ZeroLayout::kBytes, .data = zeros->data};
  }
  m.form = fmt::format("torchao {}, blocks of {} x {}", name(codes->dtype), block[0], block[1]);
  maker.add({stored.name, codes->shape, std::move(m)}, {codes, scales, zeros});
  return {};
}

Result<void> make_entry(Maker& maker, const Stored& stored) {
  const ConfigValue* type = stored.said.member("_type");
  const auto* word = type == nullptr ? nullptr : std::get_if<std::string>(type);
  const std::string kind = word == nullptr ? std::string() : *word;
  if (kind == "Tensor" || kind == "torch.Tensor") return {};
  if (kind != "Float8Tensor" && kind != "Int8Tensor" && kind != "IntxUnpackedToInt8Tensor") {
    return wrong_entry(stored, "is stored in a way that is not read", kRead, kind.empty() ? "an unnamed class" : kind);
  }
  if (maker.find(stored.prefix + "act_pre_scale") != nullptr) {
    return wrong_entry(stored, "scales the activations before the product, which is not read", kRead, "act_pre_scale");
  }
  return make_bytes(maker, stored, kind == "Float8Tensor");
}

}  // namespace

Result<void> make_torchao(Maker& maker) {
  for (const auto& [key, value] : maker.metadata()) {
    const auto* text = std::get_if<std::string_view>(&value);
    const std::size_t dot = key.rfind('.');
    if (text == nullptr || dot == std::string::npos || !text->starts_with("{")) continue;
    Stored stored = {.name = key,
                     .prefix = key.substr(0, dot) + "._" + key.substr(dot + 1) + "_",
                     .where = fmt::format("{} in the file's metadata ({})", key, maker.q.where),
                     .said = {}};
    SG_TRY(stored.said, parse_config_json(*text, stored.where));
    SG_TRY_VOID(make_entry(maker, stored));
  }
  return {};
}

}  // namespace sg
