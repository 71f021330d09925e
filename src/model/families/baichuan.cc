// Baichuan 1 and 2: LLaMA with queries, keys and values as one matrix. The 13B models have ALiBi in place of rotation,
// and version 2 divides every row of the unembedding by its norm. Facts: the code that comes with baichuan-inc's
// models; llama.cpp takes the matrix apart, permutes q and k, tells ALiBi by the number of layers, and norms no row.
#include "model/config.h"
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaMlp,
                               tensors({
                                   {Role::kQkv, "model.layers.{}.self_attn.W_pack.weight", ""},
                                   {Role::kQ, "", "blk.{}.attn_q.weight"},
                                   {Role::kK, "", "blk.{}.attn_k.weight"},
                                   {Role::kV, "", "blk.{}.attn_v.weight"},
                                   {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
                               }));

constexpr auto kConfig =
    join(kLlamaWidths, fields({
                           {Field::kKvHeads, "", "attention.head_count_kv", same_as(Field::kHeads)},
                           {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
                           {Field::kMaxPosition, "max_position_embeddings", "context_length", value_of(0), value_of(0)},
                           rms_eps(1e-6),
                           activation("hidden_act", Act::kSilu),
                           tied(false),
                           {Field::kRopeTheta, "", "rope.freq_base", value_of(10000)},
                       }));

constexpr std::size_t kFirstVocab = 64000, kSecondVocab = 125696;  // of the two versions' tokenizers

Result<void> gguf_variant(const Config& config, Fields& fields) {
  constexpr std::size_t kRotaryLayers = 32, kAlibiLayers = 40;
  const std::size_t layers = fields.count(Field::kLayers);
  if (layers != kRotaryLayers && layers != kAlibiLayers) {
    return config.wrong("block_count",
                        "32 (Baichuan 7B, which rotates) or 40 (13B, which has ALiBi): a GGUF file says "
                        "by nothing else which of the two it is");
  }
  fields.set_flag(Field::kAlibi, layers == kAlibiLayers);
  return {};
}

/// The class that the file names is the code that runs it. BaiChuanForCausalLM is the first 7B's. BaichuanForCausalLM
/// is the code of three models: with max_position_embeddings of the second 7B, which alone of them rotates; without,
/// of a 13B, whose versions differ by z_loss_weight and by the vocabulary.
Result<void> variant(const Config& config, Fields& fields) {
  if (config.format() == Format::kGguf) return gguf_variant(config, fields);
  SG_TRY(const std::optional<std::vector<std::string>> classes, config.words("architectures"));
  SG_TRY(const std::optional<std::size_t> length, config.count("model_max_length"));
  const auto names = [&](std::string_view name) { return classes && !classes->empty() && classes->front() == name; };
  const bool first_7b = names("BaiChuanForCausalLM"), later = names("BaichuanForCausalLM");
  const bool rotates = first_7b || fields.count(Field::kMaxPosition) > 0;
  const bool second = config.find("z_loss_weight") != nullptr || fields.count(Field::kVocab) >= kSecondVocab;
  const auto unclear = [&](std::string_view expected) -> Result<void> {
    return Error{.what = "the file does not say which Baichuan it is",
                 .where = config.where(),
                 .expected = std::string(expected),
                 .hint = "7B rotates and 13B has ALiBi; Baichuan 2 norms the rows of the unembedding"};
  };
  if (!rotates && !length)
    return unclear("max_position_embeddings of a model that rotates, or model_max_length of one with ALiBi");
  if (first_7b && second) return unclear("BaichuanForCausalLM of Baichuan 2, or no key and no vocabulary of it");
  if (!first_7b && !later && !second && fields.count(Field::kVocab) != kFirstVocab)
    return unclear("BaiChuanForCausalLM or BaichuanForCausalLM as the first of architectures");
  fields.set_flag(Field::kAlibi, !rotates);
  fields.set_flag(Field::kHeadNormed, second || (rotates && later));
  if (!rotates) fields.set_count(Field::kMaxPosition, *length);
  return {};
}

}  // namespace

extern const Family kBaichuan;  // external linkage: the generated list refers to it
constinit const Family kBaichuan = {
    .name = "baichuan",
    .model_types = "baichuan",
    .gguf_arch = "baichuan",
    .summary = "Baichuan 7B, 13B, Baichuan 2 7B, 13B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .variant = variant,
    .position = {.kind = Positions::kRotaryOrAlibi, .pairing = kHalvesBoth, .permuted_in_gguf = true},
    .attention = {.layout = {.hf = QkvLayout::kThirds, .gguf = QkvLayout::kSeparate}},
};

}  // namespace sg::families
