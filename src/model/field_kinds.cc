// The kind and the range of every field, and the names of activations.
#include <fmt/format.h>

#include <iterator>
#include <limits>

#include "model/fields.h"

namespace sg {
namespace {

// Depth and head counts size our own tables before any tensor confirms them.
constexpr double kMostLayers = 1e5, kMostHeads = 1e6, kMostExperts = 1e5;
constexpr double kLargest = std::numeric_limits<float>::max();  // the pass computes in float32

constexpr FieldKind count_from(double least, double most = kLargestCount) {
  return {.kind = Kind::kCount, .least = least, .most = most};
}
constexpr FieldKind kSwitch = {.kind = Kind::kFlag};
constexpr FieldKind kPositive = {.kind = Kind::kReal, .least = 0, .most = kLargest, .zero_excluded = true};
constexpr FieldKind kPositiveOrOff = {
    .kind = Kind::kReal, .least = 0, .most = kLargest, .zero_excluded = true, .gguf_zero_is_off = true};
// Scores are multiplied by it: far above any model's, and far from what float32 overflows at.
constexpr FieldKind kScoreScale = {.kind = Kind::kReal, .least = 0, .most = 1000, .zero_excluded = true};
constexpr FieldKind kFactor = {.kind = Kind::kReal, .least = -kLargest, .most = kLargest, .zero_excluded = true};

struct FieldRow {
  Field field;
  FieldKind kind;
};
constexpr FieldRow kRows[] = {
    {Field::kLayers, count_from(1, kMostLayers)},
    {Field::kWidth, count_from(1)},
    {Field::kHeads, count_from(1, kMostHeads)},
    {Field::kKvHeads, count_from(1, kMostHeads)},
    {Field::kStoredKey, count_from(1, kMostHeads)},
    {Field::kHeadDim, count_from(1, kMostHeads)},
    {Field::kFullHeadDim, count_from(1, kMostHeads)},
    {Field::kFullKvHeads, count_from(0, kMostHeads)},
    {Field::kKeyIsValue, kSwitch},
    {Field::kSharedKvLayers, count_from(0, kMostLayers)},
    {Field::kDoubleWide, kSwitch},
    {Field::kLayerInputWidth, count_from(0)},
    {Field::kLayerInputVocab, count_from(1)},
    {Field::kStoredValue, count_from(1, kMostHeads)},
    {Field::kValueDim, count_from(1, kMostHeads)},
    {Field::kNopeDim, count_from(0, kMostHeads)},
    {Field::kQRank, count_from(0)},
    {Field::kKvRank, count_from(1)},
    {Field::kFfnWidth, count_from(1)},
    {Field::kVocab, count_from(1)},
    {Field::kMaxPosition, count_from(1)},
    {Field::kEmbedWidth, count_from(1)},
    {Field::kNormEps, {.kind = Kind::kReal, .least = 0, .most = 0.5}},
    {Field::kNormAffine, kSwitch},
    {Field::kNormFirst, kSwitch},
    {Field::kNoFinalNorm, kSwitch},
    {Field::kNormCount, count_from(1, 2)},
    {Field::kPostNormResidual, kSwitch},
    {Field::kTied, kSwitch},
    {Field::kAttnBias, kSwitch},
    {Field::kOutBias, kSwitch},
    {Field::kHeadBias, kSwitch},
    {Field::kHeadNormed, kSwitch},
    {Field::kMlpBias, kSwitch},
    {Field::kCrossAttention, kSwitch},
    {Field::kAct, {.kind = Kind::kAct}},
    {Field::kParallel, kSwitch},
    {Field::kQkNorm, kSwitch},
    {Field::kClipQkv, kPositiveOrOff},
    {Field::kQueryScalar, kPositive},
    {Field::kAttnMultiplier, kScoreScale},
    {Field::kScaleScores, kSwitch},
    {Field::kScaleByLayer, kSwitch},
    {Field::kAttnCap, kPositive},
    {Field::kLogitCap, kPositiveOrOff},
    {Field::kEmbedMultiplier, kFactor},
    {Field::kResidualMultiplier, kFactor},
    {Field::kLogitDivisor, kFactor},
    {Field::kLogitMultiplier, kFactor},
    {Field::kAttnInMultiplier, kFactor},
    {Field::kAttnOutMultiplier, kFactor},
    {Field::kKeyMultiplier, kFactor},
    {Field::kMixInMultiplier, kFactor},
    {Field::kMixOutMultiplier, kFactor},
    {Field::kMultiQuery, kSwitch},
    {Field::kNewDecoder, kSwitch},
    {Field::kExperts, count_from(0, kMostExperts)},
    {Field::kExpertBlock, kSwitch},
    {Field::kExpertsUsed, count_from(1, kMostExperts)},
    {Field::kExpertWidth, count_from(1)},
    {Field::kExpertLatent, count_from(0)},
    {Field::kSharedExperts, count_from(0, kMostExperts)},
    {Field::kSharedWidth, count_from(0)},
    {Field::kNormTopk, kSwitch},
    {Field::kRouterScale, kFactor},
    {Field::kGroups, count_from(1, kMostExperts)},
    {Field::kGroupsUsed, count_from(1, kMostExperts)},
    {Field::kDenseLayers, count_from(0, kMostLayers)},
    {Field::kSparseStep, count_from(1, kMostLayers)},
    {Field::kExpertStart, count_from(0, kMostLayers)},
    {Field::kExpertEnd, {.kind = Kind::kReal, .least = -1, .most = kMostLayers}},
    {Field::kClampLimit, kPositive},
    {Field::kClampSlope, kPositive},
    {Field::kRouterJitter, {.kind = Kind::kReal, .least = 0, .most = 1}},
    {Field::kSumFloor, {.kind = Kind::kReal, .least = 0, .most = 1}},
    {Field::kRopeInterleave, kSwitch},
    {Field::kFullInterval, count_from(1, kMostLayers)},
    {Field::kMixPeriod, count_from(1, kMostLayers)},
    {Field::kMixOffset, count_from(0, kMostLayers)},
    {Field::kConvKernel, count_from(1, 1024)},
    {Field::kConvBias, kSwitch},
    {Field::kMixBias, kSwitch},
    {Field::kMixExpand, {.kind = Kind::kReal, .least = 0, .most = 1000, .zero_excluded = true}},
    {Field::kMixHeads, count_from(1, kMostHeads)},
    {Field::kMixHeadDim, count_from(1, kMostHeads)},
    {Field::kMixGroups, count_from(1, kMostHeads)},
    {Field::kMixState, count_from(1, kMostHeads)},
    {Field::kMixInner, count_from(1)},
    {Field::kMixOutBias, kSwitch},
    {Field::kMixNormed, kSwitch},
    {Field::kMixNormFirst, kSwitch},
    {Field::kMixInnerEps, {.kind = Kind::kReal, .least = 0, .most = 0.5}},
    {Field::kSharedBlocks, count_from(1, kMostLayers)},
    {Field::kAdapterRank, count_from(1)},
    {Field::kAdaptedAttention, kSwitch},
    {Field::kStepLeast, {.kind = Kind::kReal, .least = 0, .most = 1e6}},
    {Field::kFfnAdjusted, kSwitch},
    {Field::kFfnMultiple, count_from(1)},
    {Field::kFfnMultiplier, kPositive},
    {Field::kExpertPeriod, count_from(1, kMostLayers)},
    {Field::kExpertOffset, count_from(0, kMostLayers)},
    {Field::kCorrected, kSwitch},
    {Field::kWindow, {.kind = Kind::kCount, .least = 1, .most = kLargestCount, .gguf_zero_is_off = true}},
    {Field::kWindowPattern, count_from(1)},
    {Field::kUseWindow, kSwitch},
    {Field::kWindowFromLayer, count_from(0)},
    {Field::kBidirectional, kSwitch},
    {Field::kAlibi, kSwitch},
    {Field::kUseRope, kSwitch},
    {Field::kNopeInterval, count_from(1)},
    {Field::kRopeTheta, kPositive},
    {Field::kRopeLocalTheta, kPositive},
    {Field::kRotaryPct, {.kind = Kind::kReal, .least = 0, .most = 1, .zero_excluded = true}},
    {Field::kRotaryDim, count_from(1)},
    {Field::kAlibiBias, {.kind = Kind::kReal, .least = 8, .most = 8}},
    {Field::kTemperature, {.kind = Kind::kReal, .least = 0, .most = 1000}},
    {Field::kTemperatureLength, count_from(1)},
    {Field::kTemperatureTuned, kSwitch},
    {Field::kTwoNorms, kSwitch},
    {Field::kFinalNorm, kSwitch},
    {Field::kFinalGain, kSwitch},
    {Field::kProjected, kSwitch},
    {Field::kShared, kSwitch},
    {Field::kSharedBias, kSwitch},
    {Field::kLatent, kSwitch},
    {Field::kLatentBias, kSwitch},
    {Field::kQLatent, kSwitch},
};

constexpr bool every_field_has_its_row() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].field != static_cast<Field>(i)) return false;
  }
  return std::size(kRows) == static_cast<std::size_t>(Field::kCount);
}
static_assert(every_field_has_its_row());

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
  SG_CHECK(field < Field::kCount, "kCount is not a field");
  return kRows[static_cast<std::size_t>(field)].kind;
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
