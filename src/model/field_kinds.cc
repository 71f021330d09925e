// The kind and the range of every field, and the names of activations.
#include <fmt/format.h>

#include <limits>

#include "model/fields.h"

namespace sg {
namespace {

// Depth and head counts size our own tables before any tensor confirms them.
constexpr double kMostLayers = 1e5, kMostHeads = 1e6;
constexpr double kLargest = std::numeric_limits<float>::max();  // the pass computes in float32

constexpr FieldKind count_from(double least, double most = kLargestCount) {
  return {.kind = Kind::kCount, .least = least, .most = most};
}
constexpr FieldKind kSwitch = {.kind = Kind::kFlag};
constexpr FieldKind kPositive = {.kind = Kind::kReal, .least = 0, .most = kLargest, .zero_excluded = true};
constexpr FieldKind kPositiveOrOff = {
    .kind = Kind::kReal, .least = 0, .most = kLargest, .zero_excluded = true, .gguf_zero_is_off = true};
constexpr FieldKind kFactor = {.kind = Kind::kReal, .least = -kLargest, .most = kLargest, .zero_excluded = true};

struct ActName {
  std::string_view name;
  Act act;
};
constexpr ActName kActNames[] = {
    {"silu", Act::kSilu},           {"swish", Act::kSilu},           {"gelu", Act::kGeluErf},
    {"gelu_python", Act::kGeluErf}, {"gelu_new", Act::kGeluTanh},    {"gelu_pytorch_tanh", Act::kGeluTanh},
    {"gelu_fast", Act::kGeluTanh},  {"quick_gelu", Act::kGeluQuick}, {"relu", Act::kRelu},
    {"relu2", Act::kRelu2},         {"xielu", Act::kXielu},
};

}  // namespace

FieldKind kind_of(Field field) {
  switch (field) {
    case Field::kLayers: return count_from(1, kMostLayers);
    case Field::kHeads:
    case Field::kKvHeads:
    case Field::kHeadDim: return count_from(1, kMostHeads);
    case Field::kWidth:
    case Field::kFfnWidth:
    case Field::kVocab:
    case Field::kMaxPosition:
    case Field::kEmbedWidth:
    case Field::kWindowPattern:
    case Field::kRotaryDim: return count_from(1);
    case Field::kWindowFromLayer: return count_from(0);
    case Field::kNormCount: return count_from(1, 2);
    case Field::kWindow: return {.kind = Kind::kCount, .least = 1, .most = kLargestCount, .gguf_zero_is_off = true};
    case Field::kNormEps: return {.kind = Kind::kReal, .least = 0, .most = 0.5};
    case Field::kRotaryPct: return {.kind = Kind::kReal, .least = 0, .most = 1, .zero_excluded = true};
    case Field::kQueryScalar:
    case Field::kAttnCap:
    case Field::kRopeTheta:
    case Field::kRopeLocalTheta: return kPositive;
    case Field::kClipQkv:
    case Field::kLogitCap: return kPositiveOrOff;
    case Field::kAttnMultiplier:
    case Field::kEmbedMultiplier:
    case Field::kResidualMultiplier:
    case Field::kLogitDivisor: return kFactor;
    case Field::kAct: return {.kind = Kind::kAct};
    case Field::kNormAffine:
    case Field::kNormFirst:
    case Field::kNoFinalNorm:
    case Field::kPostNormResidual:
    case Field::kTied:
    case Field::kAttnBias:
    case Field::kMlpBias:
    case Field::kCrossAttention:
    case Field::kParallel:
    case Field::kQkNorm:
    case Field::kScaleScores:
    case Field::kScaleByLayer:
    case Field::kMultiQuery:
    case Field::kNewDecoder:
    case Field::kUseWindow:
    case Field::kBidirectional:
    case Field::kAlibi:
    case Field::kUseRope:
    case Field::kTwoNorms:
    case Field::kFinalNorm:
    case Field::kFinalGain:
    case Field::kProjected: return kSwitch;
    case Field::kCount: break;
  }
  SG_CHECK(false, "kCount is not a field");
  return {};
}

Result<Act> parse_act(std::string_view word, const std::string& where) {
  std::string known;
  for (const ActName& row : kActNames) {
    if (word == row.name) return row.act;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
  }
  return Error{.what = "unknown activation",
               .where = where,
               .expected = "one of " + known,
               .got = show(ConfigValue(std::string(word)))};
}

}  // namespace sg
