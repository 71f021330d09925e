// Quantised linear layers as their authors store them: every stored form decodes to the bits of the reference that
// oracle/make_form_goldens.py used, and what cannot be is refused by name.
#include "model/forms/forms.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/sha.h"
#include "kernel/kernels.h"
#include "measure/measure.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(SG_TEST_DATA) / "golden";

std::vector<fs::path> folders() {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(kGoldens)) {
    if (fs::exists(entry.path() / "decoded.json")) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

/// As the plain tensor would hold it: row-major in its own shape.
std::vector<float> decoded(const TensorInfo& tensor, const Kernels& kernels) {
  const PackedMatrix& m = *tensor.packed;
  const StoredRows rows = {.rows = m.rows, .cols = m.cols, .row_bytes = m.row_bytes, .packed = &m};
  // The last two dimensions are (outputs x inputs), or the other way round for experts that are multiplied from the
  // left.
  const std::size_t n = tensor.shape.size(), height = tensor.shape[n - 2], width = tensor.shape[n - 1];
  const bool turned = n == 3 || m.by_inputs;
  const std::size_t stored_height = turned ? width : height;
  std::vector<float> row(padded_columns(m.cols)), out(tensor.items());
  for (std::size_t r = 0; r < m.rows; ++r) {
    kernels.decode_row(rows, r, row.data());
    const std::size_t matrix = r / stored_height, at = r % stored_height;
    for (std::size_t c = 0; c < m.cols; ++c) {
      out[matrix * height * width + (turned ? c * width + at : at * width + c)] = row[c];
    }
  }
  return out;
}

class StoredForm : public testing::TestWithParam<fs::path> {};

TEST_P(StoredForm, DecodesToTheBitsOfItsReference) {
  std::ifstream file(GetParam() / "decoded.json");
  const nlohmann::json sums = nlohmann::json::parse(file)["sha256"];
  const Result<Model> model = open_model(GetParam());
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_EQ(model.value().checkpoint.made.tensors.size(), sums.size());
  for (const auto& [name, sum] : sums.items()) {
    const TensorInfo* tensor = model.value().checkpoint.find(name);
    ASSERT_TRUE(tensor != nullptr && tensor->packed != nullptr) << name;
    for (const std::string_view isa : available_isas()) {
      const std::vector<float> weights = decoded(*tensor, *kernels_for(isa).value());
      const std::string_view bytes(reinterpret_cast<const char*>(weights.data()), weights.size() * sizeof(float));
      EXPECT_EQ(sha256_hex(bytes), sum) << name << ", " << isa << ", " << tensor->form();
    }
  }
}

/// One prompt's numbers do not depend on threads and instruction set.
TEST_P(StoredForm, HasTheSameBitsWhateverTheThreads) {
  const Result<Model> model = open_model(GetParam());
  ASSERT_TRUE(model.ok()) << model.error().message();
  std::vector<double> first;
  for (const std::string_view isa : available_isas()) {
    if (!kernels_for(isa).value()->has_fma) continue;
    for (const int threads : {1, 3}) {
      const Result<Measurement> got = measure(model.value(), nullptr, {{.ids = {3, 1, 4, 1, 5, 9, 2, 6}}},
                                              {.threads = threads, .isa = std::string(isa)});
      ASSERT_TRUE(got.ok()) << got.error().message();
      const std::vector<double>& norms = got.value().sequences[0].norms.resid_post.values;
      if (first.empty()) first = norms;
      EXPECT_EQ(norms, first) << isa << ", " << threads;
    }
  }
}

std::string folder_name(const testing::TestParamInfo<fs::path>& tested) {
  std::string name = tested.param.filename().string();
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Folders, StoredForm, testing::ValuesIn(folders()), folder_name);

/// The three families in which every form is published.
TEST(StoredForms, AreThereForEveryFamily) {
  for (const char* family : {"llama", "qwen3-moe", "gpt-oss"}) {
    for (const char* form : {"fp8-blocks",
                             "fp8-compressed-whole",
                             "fp8-compressed-rows",
                             "fp8-compressed-blocks",
                             "fp8-modelopt",
                             "mxfp8",
                             "mxfp6",
                             "mxfp4-compressed",
                             "nvfp4",
                             "nvfp4-modelopt",
                             "int8-compressed",
                             "nf4",
                             "fp4",
                             "nf4-nested",
                             "llm-int8",
                             "gptq-4",
                             "gptq-4-act-order",
                             "gptq-8",
                             "awq",
                             "w4a16",
                             "w8a16",
                             "hqq-4",
                             "hqq-8",
                             "torchao-float8",
                             "torchao-int8",
                             "torchao-int4",
                             "gguf-types"}) {
      const fs::path folder = kGoldens / ("stored-" + std::string(family) + "-" + form);
      EXPECT_TRUE(fs::exists(folder / "golden.json")) << folder;
    }
  }
  for (const char* form :
       {"fp8-compressed-rows", "int8-compressed", "w4a16", "nvfp4", "mxfp4-compressed", "gptqmodel"}) {
    const fs::path folder = kGoldens / ("stored-gpt-oss-experts-" + std::string(form));
    EXPECT_TRUE(fs::exists(folder / "golden.json")) << folder;
  }
}

// What cannot be.

using Change = std::function<void(Checkpoint&)>;

Result<Model> changed(const std::string& name, const Change& change) {
  Result<Checkpoint> checkpoint = open_checkpoint(kGoldens / name);
  EXPECT_TRUE(checkpoint.ok());
  change(checkpoint.value());
  return open_model(std::move(checkpoint).value(), kGoldens / name);
}

TensorInfo& tensor_of(Checkpoint& c, std::string_view name) {
  const auto found = std::ranges::find(c.tensors, name, &TensorInfo::name);
  EXPECT_NE(found, c.tensors.end()) << name;
  return *found;
}

Change without(std::string name) {
  return [name](Checkpoint& c) { std::erase_if(c.tensors, [&](const TensorInfo& t) { return t.name == name; }); };
}
Change shaped(std::string name, std::vector<std::uint64_t> shape) {
  return [=](Checkpoint& c) { tensor_of(c, name).shape = shape; };
}
Change typed(std::string name, DType dtype) {
  return [=](Checkpoint& c) { tensor_of(c, name).dtype = dtype; };
}
Change said(std::string from, std::string to) {
  return [=](Checkpoint& c) {
    const std::size_t at = c.config_json.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    c.config_json.replace(at, from.size(), to);
  };
}
/// Other bytes under a tensor; they live as long as the test program.
Change holding(std::string name, std::string bytes) {
  return [=](Checkpoint& c) {
    TensorInfo& tensor = tensor_of(c, name);
    const std::string& kept = c.strings.emplace_back(bytes);
    tensor.data = reinterpret_cast<const std::byte*>(kept.data());
    tensor.bytes = kept.size();
  };
}

/// What the file's metadata says of a weight.
Change described(std::string name, std::string from, std::string to) {
  return [=](Checkpoint& c) {
    const auto found = c.metadata.find(name);
    ASSERT_NE(found, c.metadata.end()) << name;
    std::string text(std::get<std::string_view>(found->second));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    found->second = std::string_view(c.strings.emplace_back(text.replace(at, from.size(), to)));
  };
}
/// A tensor of one whole number.
Change counting(std::string name, std::int32_t value) {
  return holding(name, std::string(reinterpret_cast<const char*>(&value), sizeof value));
}

struct Refusal {
  const char* folder;
  Change change;
  const char* expected;  // in the message
};
class RefusedForm : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedForm, ByName) {
  const Result<Model> model = changed(GetParam().folder, GetParam().change);
  ASSERT_FALSE(model.ok()) << GetParam().folder << ": " << GetParam().expected;
  EXPECT_NE(model.error().message().find(GetParam().expected), std::string::npos) << model.error().message();
  EXPECT_EQ(model.error().exit_code(), 3);
}

const std::string kQ = "model.layers.0.self_attn.q_proj.";
const std::string kExperts = "model.layers.1.mlp.experts.", kExpert1 = kExperts + "experts.1.";

INSTANTIATE_TEST_SUITE_P(
    Missing, RefusedForm,
    testing::Values(
        Refusal{"stored-llama-fp8-blocks", without(kQ + "weight_scale_inv"), "q_proj.weight_scale"},
        Refusal{"stored-llama-fp8-modelopt", without(kQ + "weight_scale"), "the scales of"},
        Refusal{"stored-llama-gptq-4", without(kQ + "scales"), "q_proj.scales, the scales of its groups, is missing"},
        Refusal{"stored-llama-gptq-4", without(kQ + "qzeros"), "q_proj.qzeros"},
        Refusal{"stored-llama-awq", without(kQ + "scales"), "q_proj.scales"},
        Refusal{"stored-llama-awq", without(kQ + "qzeros"), "q_proj.qzeros"},
        Refusal{"stored-llama-w4a16", without(kQ + "weight_scale"), "q_proj.weight_scale"},
        Refusal{"stored-llama-w4a16", without(kQ + "weight_shape"), "q_proj.weight_shape"},
        Refusal{"stored-llama-w4a16", without(kQ + "weight_zero_point"), "q_proj.weight_zero_point"},
        Refusal{"stored-llama-nvfp4", without(kQ + "weight_scale"), "q_proj.weight_scale"},
        Refusal{"stored-llama-nvfp4-modelopt", without(kQ + "weight_scale_2"), "q_proj.weight_scale_2"},
        Refusal{"stored-llama-nf4", without(kQ + "weight.absmax"), "q_proj.weight.absmax"},
        Refusal{"stored-llama-nf4", without(kQ + "weight.quant_map"), "q_proj.weight.quant_map"},
        Refusal{"stored-llama-nf4", without(kQ + "weight.quant_state.bitsandbytes__nf4"), "q_proj.weight"},
        Refusal{"stored-llama-nf4-nested", without(kQ + "weight.nested_absmax"), "q_proj.weight.nested_absmax"},
        Refusal{"stored-llama-llm-int8", without(kQ + "SCB"), "q_proj.weight"},
        Refusal{"stored-llama-mxfp6", without(kQ + "weight_scale"), "q_proj.weight_scale"},
        Refusal{"stored-llama-hqq-4", without(kQ + "scale"), "q_proj.scale, the scales of its groups, is missing"},
        Refusal{"stored-llama-hqq-4", without(kQ + "zero"), "q_proj.zero"},
        Refusal{"stored-llama-hqq-4", without(kQ + "shape"), "q_proj.shape"},
        Refusal{"stored-llama-hqq-4", without(kQ + "nbits"), "q_proj.nbits"},
        Refusal{"stored-llama-hqq-4", without(kQ + "group_size"), "q_proj.group_size"},
        Refusal{"stored-llama-hqq-4", without(kQ + "axis"), "q_proj.axis"},
        Refusal{"stored-llama-torchao-int4", without(kQ + "_weight_scale"), "q_proj._weight_scale, the scales of"},
        Refusal{"stored-llama-torchao-int4", without(kQ + "_weight_qdata"), "q_proj._weight_qdata, the numbers of"},
        Refusal{"stored-gpt-oss-mxfp4", without(kExperts + "down_proj_scales"), "down_proj_scales"},
        Refusal{"stored-gpt-oss-w4a16", without(kExperts + "gate_up_proj"), "experts.gate_up_proj (W_gate_in"},
        Refusal{"stored-gpt-oss-w4a16", without(kExperts + "down_proj_bias"), "experts.down_proj_bias (b_out"},
        Refusal{"llama4-constants", without("model.layers.1.feed_forward.experts.gate_up_proj"),
                "experts.gate_up_proj (W_gate_in"},
        Refusal{"stored-llama4-experts-w4a16", without("model.layers.1.feed_forward.experts.0.up_proj.weight_packed"),
                "experts.0.up_proj.weight (W_in"},
        Refusal{"stored-gpt-oss-experts-w4a16", without(kExpert1 + "up_proj.bias"), "experts.1.up_proj.bias (b_in"},
        Refusal{"stored-gpt-oss-experts-w4a16", without(kExpert1 + "gate_proj.weight_packed"),
                "experts.1.gate_proj.weight (W_gate"},
        Refusal{"stored-gpt-oss-experts-w4a16", without(kExpert1 + "down_proj.weight_scale"),
                "experts.1.down_proj.weight_scale, the scales of"}));

INSTANTIATE_TEST_SUITE_P(
    Shapes, RefusedForm,
    testing::Values(
        Refusal{"stored-llama-fp8-blocks", shaped(kQ + "weight_scale_inv", {3, 2}),
                "weight_scale_inv has the wrong shape"},
        Refusal{"stored-llama-fp8-blocks", typed(kQ + "weight_scale_inv", DType::kI32),
                "is of no type that scales have"},
        Refusal{"stored-llama-fp8-compressed-rows", shaped(kQ + "weight_scale", {63, 1}), "has the wrong shape"},
        Refusal{"stored-llama-gptq-4", shaped(kQ + "scales", {64, 2}), "q_proj.scales has the wrong shape"},
        Refusal{"stored-llama-gptq-4", typed(kQ + "scales", DType::kI16), "q_proj.scales has the wrong type"},
        Refusal{"stored-llama-gptq-4", shaped(kQ + "qzeros", {2, 7}), "q_proj.qzeros has the wrong shape"},
        Refusal{"stored-llama-gptq-4", shaped(kQ + "g_idx", {63}), "q_proj.g_idx has the wrong shape"},
        Refusal{"stored-llama-gptq-3", shaped(kQ + "qweight", {4, 96}), "q_proj.qweight"},
        Refusal{"stored-llama-awq", shaped(kQ + "qzeros", {1, 8}), "q_proj.qzeros has the wrong shape"},
        Refusal{"stored-llama-w4a16", shaped(kQ + "weight_scale", {64, 3}), "does not fit group group_0"},
        Refusal{"stored-llama-w4a16", shaped(kQ + "weight_packed", {32, 16}), "q_proj.weight_packed"},
        Refusal{"stored-llama-w4a16", shaped(kQ + "weight_zero_point", {8, 1}),
                "weight_zero_point has the wrong shape"},
        Refusal{"stored-llama-nvfp4", shaped(kQ + "weight_scale", {64, 2}), "weight_scale has the wrong shape"},
        Refusal{"stored-llama-nf4", shaped(kQ + "weight.absmax", {63}), "absmax has the wrong shape"},
        Refusal{"stored-llama-nf4", shaped(kQ + "weight", {2047, 1}), "does not hold its matrix"},
        Refusal{"stored-llama-llm-int8", shaped(kQ + "SCB", {63}), "SCB has the wrong shape"},
        Refusal{"stored-llama-mxfp6", shaped(kQ + "weight_scale", {63, 2}), "weight_scale has the wrong shape"},
        Refusal{"stored-llama-hqq-4", shaped(kQ + "scale", {63, 1}), "q_proj.scale has the wrong shape"},
        Refusal{"stored-llama-hqq-4", typed(kQ + "zero", DType::kI16), "q_proj.zero has the wrong type"},
        Refusal{"stored-llama-hqq-4", shaped(kQ + "W_q", {64, 32}), "q_proj.W_q has the wrong shape"},
        Refusal{"stored-llama-hqq-3", shaped(kQ + "W_q", {12, 32}), "q_proj.W_q has the wrong shape"},
        Refusal{"stored-llama-torchao-int4", shaped(kQ + "_weight_scale", {64, 3}),
                "_weight_scale has the wrong shape"},
        Refusal{"stored-llama-torchao-int4", shaped(kQ + "_weight_zero_point", {64, 1}),
                "_weight_zero_point has the wrong shape"},
        Refusal{"stored-llama-torchao-float8", typed(kQ + "_weight_qdata", DType::kI8), "is no matrix of bytes"},
        Refusal{"stored-gpt-oss-w4a16", shaped(kExperts + "gate_up_proj", {32, 32}), "has the wrong shape"},
        Refusal{"stored-gpt-oss-experts-w4a16", shaped(kExpert1 + "up_proj.bias", {4, 32}), "has the wrong shape"},
        Refusal{"stored-gpt-oss-mxfp4", shaped(kExperts + "down_proj_scales", {4, 64, 2}),
                "down_proj_scales has the wrong"},
        Refusal{"stored-gpt-oss-mxfp4", shaped(kExperts + "down_proj_blocks", {4, 64, 2, 8}), "no MXFP4 blocks"}));

const std::string kNan("\0\0\xc0\x7f", 4), kZero(4, '\0');

INSTANTIATE_TEST_SUITE_P(
    Settings, RefusedForm,
    testing::Values(
        Refusal{"stored-llama-gptq-4", said("\"group_size\": 32", "\"group_size\": 40"), "do not divide its inputs"},
        Refusal{"stored-llama-gptq-4", said("\"bits\": 4", "\"bits\": 5"), "2, 3, 4 or 8"},
        Refusal{"stored-llama-gptq-4", said("\"bits\": 4", "\"bits\": 8"), "down_proj.qweight"},
        Refusal{"stored-llama-gptq-4", said("\"group_size\": 32", "\"group_size\": 0"), "group_size"},
        Refusal{"stored-llama-gptq-4-v2-head", said("gptq_v2", "marlin"), "checkpoint_format"},
        Refusal{"stored-llama-awq", said("gemm", "gemv"), "version"},
        Refusal{"stored-llama-awq", said("\"group_size\": 32", "\"group_size\": 40"), "do not divide its inputs"},
        Refusal{"stored-llama-awq", said("\"quant_method\": \"awq\"", "\"quant_method\": \"hqq\""), "hqq"},
        Refusal{"stored-llama-awq", said("\"quant_method\": \"awq\"", "\"quant_method\": \"torchao\""), "torchao"},
        Refusal{"stored-llama-awq", said("\"quant_method\": \"awq\"", "\"quant_method\": \"gptq\""), "down_proj"},
        Refusal{"stored-llama-awq", said("\"quant_method\": \"awq\"", "\"quant_method\": \"quanto\""), "quanto"},
        Refusal{"stored-llama-hqq-4", counting(kQ + "axis", 0), "axis 1"},
        Refusal{"stored-llama-hqq-4", counting(kQ + "nbits", 5), "1, 2, 3, 4 or 8"},
        Refusal{"stored-llama-hqq-4", counting(kQ + "group_size", 7), "do not divide its matrix"},
        Refusal{"stored-llama-hqq-4", counting(kQ + "group_size", 0), "do not divide its matrix"},
        Refusal{"stored-llama-hqq-4", counting(kQ + "group_size", -1), "is no usable number"},
        Refusal{"stored-llama-hqq-4", holding(kQ + "quant_scale", "\1"), "asks for what is not read"},
        Refusal{"stored-llama-torchao-int4", described(kQ + "weight", "IntxUnpackedToInt8Tensor", "Int4Tensor"),
                "is stored in a way that is not read"},
        Refusal{"stored-llama-torchao-int4", described(kQ + "weight", "[1, 32]", "[1, 40]"),
                "block_size that cannot be"},
        Refusal{"stored-llama-torchao-int4", described(kQ + "weight", "[1, 32]", "[1]"), "block_size that cannot be"},
        Refusal{"stored-llama-torchao-int4", described(kQ + "weight", "{", "{\"a\": "), "metadata"},
        Refusal{"stored-llama-fp8-blocks", said("\"weight_block_size\"", "\"no_block_size\""), "has the wrong shape"},
        Refusal{"stored-llama-w4a16", said("\"group_size\": 32", "\"group_size\": 40"), "do not divide its inputs"},
        Refusal{"stored-llama-w4a16", holding(kQ + "weight_shape", std::string(16, '\xff')), "is no shape of a matrix"},
        Refusal{"stored-llama-nvfp4", holding(kQ + "weight_global_scale", kNan), "is no usable scale"},
        Refusal{"stored-llama-nvfp4", holding(kQ + "weight_global_scale", kZero), "is no usable scale"},
        Refusal{"stored-llama-nf4", holding(kQ + "weight.quant_state.bitsandbytes__nf4", "{\"shape\": [64"),
                "quant_state"},
        Refusal{"stored-llama-nf4", holding(kQ + "weight.quant_state.bitsandbytes__nf4", "{\"shape\": [-1, 64]}"),
                "quant_state"}));

/// Scales are looked at when their layer is reached. A bad one in every form.
struct BadScale {
  const char* folder;
  std::string name;
  std::string bytes;  // of the number
};
class NonFiniteScale : public testing::TestWithParam<BadScale> {};

TEST_P(NonFiniteScale, StopsTheMeasurement) {
  const BadScale& bad = GetParam();
  const Result<Model> model = changed(bad.folder, [&](Checkpoint& c) {
    const TensorInfo& tensor = tensor_of(c, bad.name);
    std::string bytes(reinterpret_cast<const char*>(tensor.data), tensor.bytes);
    bytes.replace(0, bad.bytes.size(), bad.bytes);
    holding(bad.name, bytes)(c);
  });
  ASSERT_TRUE(model.ok()) << model.error().message();
  const Result<Measurement> got = measure(model.value(), nullptr, {{.ids = {1, 2}}}, {.threads = 1});
  ASSERT_FALSE(got.ok()) << bad.folder;
  EXPECT_NE(got.error().message().find("not finite"), std::string::npos) << got.error().message();
  EXPECT_EQ(got.error().exit_code(), 3);
}

const std::string kHalfNan("\x01\x7e", 2), kBrainNan("\xc0\x7f", 2), kInfinity("\0\0\x80\x7f", 4), kByteNan = "\x7f";

INSTANTIATE_TEST_SUITE_P(Forms, NonFiniteScale,
                         testing::Values(BadScale{"stored-llama-fp8-blocks", kQ + "weight_scale_inv", kNan},
                                         BadScale{"stored-llama-fp8-powers", kQ + "weight_scale_inv", "\xff"},
                                         BadScale{"stored-llama-fp8-compressed-rows", kQ + "weight_scale", kBrainNan},
                                         BadScale{"stored-llama-int8-compressed", kQ + "weight_scale", kInfinity},
                                         BadScale{"stored-llama-mxfp8", kQ + "weight_scale", "\xff"},
                                         BadScale{"stored-llama-mxfp6", kQ + "weight_scale", "\xff"},
                                         BadScale{"stored-llama-mxfp4-compressed", kQ + "weight_scale", "\xff"},
                                         BadScale{"stored-gpt-oss-mxfp4", kExperts + "down_proj_scales", "\xff"},
                                         BadScale{"stored-llama-nvfp4", kQ + "weight_scale", kByteNan},
                                         BadScale{"stored-llama-nvfp4-modelopt", kQ + "weight_scale", kByteNan},
                                         BadScale{"stored-llama-gptq-4", kQ + "scales", kHalfNan},
                                         BadScale{"stored-llama-awq", kQ + "scales", kHalfNan},
                                         BadScale{"stored-llama-w4a16", kQ + "weight_scale", kBrainNan},
                                         BadScale{"stored-llama-nf4", kQ + "weight.absmax", kNan},
                                         BadScale{"stored-llama-nf4-nested", kQ + "weight.nested_absmax", kNan},
                                         BadScale{"stored-llama-llm-int8", kQ + "SCB", kInfinity},
                                         BadScale{"stored-llama-hqq-4", kQ + "scale", kHalfNan},
                                         BadScale{"stored-llama-hqq-4", kQ + "zero", kHalfNan},
                                         BadScale{"stored-llama-torchao-int4", kQ + "_weight_scale", kBrainNan},
                                         BadScale{"stored-llama-torchao-float8", kQ + "_weight_scale", kNan}));

TEST(Scales, OfAGroupThatThereIsNotAreRefused) {
  const std::string name = kQ + "g_idx";
  for (const std::int32_t bad : {-1, 4, 1 << 30}) {
    const Result<Model> model = changed("stored-llama-gptq-4-act-order", [&](Checkpoint& c) {
      TensorInfo& tensor = tensor_of(c, name);
      std::string bytes(reinterpret_cast<const char*>(tensor.data), tensor.bytes);
      std::memcpy(bytes.data() + 4 * 7, &bad, 4);
      holding(name, bytes)(c);
    });
    ASSERT_TRUE(model.ok()) << model.error().message();
    const Result<Measurement> got = measure(model.value(), nullptr, {{.ids = {1, 2}}}, {.threads = 1});
    ASSERT_FALSE(got.ok()) << bad;
    EXPECT_NE(got.error().message().find("names a group for input 7"), std::string::npos) << got.error().message();
  }
}

/// Older programs store a bias with every layer; one that is not zero would change the pass.
TEST(Biases, OfZerosBesideAPackedLayerAreLeft) {
  for (const bool zero : {true, false}) {
    const Result<Model> model = changed("stored-llama-gptq-4", [&](Checkpoint& c) {
      TensorInfo bias = tensor_of(c, kQ + "scales");
      bias.name = kQ + "bias";
      bias.shape = {64};
      const std::string& kept = c.strings.emplace_back(std::string(128, zero ? '\0' : '\1'));
      bias.data = reinterpret_cast<const std::byte*>(kept.data());
      bias.bytes = 128;
      c.tensors.push_back(bias);
      std::ranges::sort(c.tensors, {}, &TensorInfo::name);
    });
    EXPECT_EQ(model.ok(), zero);
  }
}

TEST(Notices, SayThatActivationsAreNotRounded) {
  for (const auto& [folder, said] : {std::pair("stored-llama-fp8-blocks", true), {"stored-llama-gptq-4", false}}) {
    const Result<Model> model = open_model(kGoldens / folder);
    ASSERT_TRUE(model.ok());
    const bool found = std::ranges::any_of(model.value().notices, [](const std::string& notice) {
      return notice.find("rounding of activations") != std::string::npos;
    });
    EXPECT_EQ(found, said) << folder;
  }
}

}  // namespace
}  // namespace sg
