#include "golden/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

namespace sg::golden {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

void worst(double& sofar, double error) {
  if (!(error <= sofar)) sofar = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

double relative(double got, double want) { return want == got ? 0.0 : std::abs(got - want) / std::abs(want); }

void compare_list(const json& want, const std::vector<double>& got, double& error) {
  if (want.size() != got.size()) return worst(error, std::nan(""));
  for (std::size_t t = 0; t < got.size(); ++t) worst(error, relative(got[t], want[t].get<double>()));
}

void compare_table(const json& norms, const char* key, const LayerTable& got, double& error) {
  if (!norms.contains(key)) return worst(error, got.empty() ? 0.0 : std::nan(""));
  const json& want = norms[key];
  if (want.size() != got.layers) return worst(error, std::nan(""));
  for (std::size_t l = 0; l < got.layers; ++l) {
    compare_list(want[l], std::vector<double>(got.row(l), got.row(l) + got.tokens), error);
  }
}

/// An inner product may be near 0: its error counts against the product of the two norms.
void compare_dots(const json& dots, const char* key, const LayerTable& got, const LayerTable& a, const LayerTable& b,
                  double& error) {
  if (!dots.contains(key)) return worst(error, got.empty() ? 0.0 : std::nan(""));
  for (std::size_t l = 0; l < got.layers; ++l) {
    for (std::size_t t = 0; t < got.tokens; ++t) {
      const double size = a.at(l, t) * b.at(l, t);  // 0 where a branch adds nothing, whose product is 0 too
      worst(error, std::abs(got.at(l, t) - dots[key][l][t].get<double>()) / (size == 0 ? 1 : size));
    }
  }
}

void compare_logits(const json& want, const std::vector<LogitStats>& got, Errors& errors) {
  for (const json& position : want) {
    const std::size_t p = position["position"];
    const auto found = std::find_if(got.begin(), got.end(), [&](const LogitStats& s) { return s.position == p; });
    if (found == got.end()) return worst(errors.logits, std::nan(""));
    const auto one = [&](const char* key, double value) {
      const double reference = position[key].get<double>();
      worst(errors.logits, std::abs(value - reference) / std::max(1.0, std::abs(reference)));
    };
    one("mean", found->mean);
    one("std", found->std);
    one("max", found->max);
    one("min", found->min);
    one("range", found->range());
    one("entropy", found->entropy);
    one("effective_vocab", found->effective_vocab);
    one("top10_prob_mass", found->top10_prob_mass);
    errors.same_top = errors.same_top && !found->top.empty() && found->top[0].id == position["top"][0]["id"].get<int>();
  }
}

bool known(const json& golden) {
  for (const Family* family : all_families()) {
    const std::string list = "|" + std::string(family->model_types) + "|";
    if (list.find("|" + golden["family"].get<std::string>() + "|") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

json read_json(const fs::path& path) {
  std::ifstream in(path);
  return json::parse(in);
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const fs::directory_entry& folder : fs::directory_iterator(fs::path(SG_TEST_DATA) / "golden")) {
    const fs::path f32 = folder.path() / "golden.json";
    if (!fs::exists(f32) || !known(read_json(f32))) continue;
    const std::string name = folder.path().filename().string();
    cases.push_back({name + "/f32", folder.path(), f32});
    for (const char* variant : {"bf16", "f16"}) {
      const fs::path golden = folder.path() / ("golden." + std::string(variant) + ".json");
      if (fs::exists(golden)) cases.push_back({name + "/" + variant, folder.path() / variant, golden});
    }
    for (const char* file : {"model.gguf", "model-00001-of-00002.gguf"}) {
      if (fs::exists(folder.path() / file)) cases.push_back({name + "/gguf", folder.path() / file, f32});
    }
  }
  std::sort(cases.begin(), cases.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
  return cases;
}

std::vector<Sequence> sequences_of(const json& golden) {
  std::vector<Sequence> sequences;
  for (const json& s : golden["sequences"]) sequences.push_back({.ids = s["ids"].get<std::vector<std::int32_t>>()});
  return sequences;
}

Errors compare(const json& golden, const Measurement& measured) {
  Errors e;
  const json& wanted = golden["sequences"];
  if (wanted.size() != measured.sequences.size()) worst(e.stream, std::nan(""));
  for (std::size_t s = 0; s < std::min(wanted.size(), measured.sequences.size()); ++s) {
    const json& want = wanted[s];
    const SequenceMeasurement& m = measured.sequences[s];
    const SiteNorms& n = m.norms;
    compare_list(want["norms"]["embed"], n.embed, e.stream);
    compare_list(want["norms"].value("ln_final", json::array()), n.ln_final, e.stream);
    compare_table(want["norms"], "resid_pre", n.resid_pre, e.stream);
    compare_table(want["norms"], "resid_mid", n.resid_mid, e.stream);
    compare_table(want["norms"], "resid_post", n.resid_post, e.stream);
    compare_table(want["norms"], "attn_out", n.attn_out, e.branch);
    compare_table(want["norms"], "mlp_out", n.mlp_out, e.branch);
    compare_dots(want["dots"], "pre_attn", m.dots.pre_attn, n.resid_pre, n.attn_out, e.dots);
    compare_dots(want["dots"], "mid_mlp", m.dots.mid_mlp, n.resid_mid, n.mlp_out, e.dots);
    compare_dots(want["dots"], "pre_mlp", m.dots.pre_mlp, n.resid_pre, n.mlp_out, e.dots);
    compare_dots(want["dots"], "attn_mlp", m.dots.attn_mlp, n.attn_out, n.mlp_out, e.dots);
    compare_logits(want["logits"], m.logits, e);
  }
  return e;
}

void expect_within(const Errors& e, double logits) {
  EXPECT_TRUE(e.stream <= kStream) << e.stream;
  EXPECT_TRUE(e.branch <= kBranch) << e.branch;
  EXPECT_TRUE(e.dots <= kBranch) << e.dots;
  EXPECT_TRUE(e.logits <= logits) << e.logits;
  EXPECT_TRUE(e.same_top);
}

void expect_texts_and_sites(const fs::path& path, const json& golden, double logits) {
  const Result<Model> model = open_model(path);
  ASSERT_TRUE(model.ok()) << model.error().message();
  const Result<Tokenizer> tokenizer = load_tokenizer(model.value());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message();
  for (const json& s : golden["sequences"]) {
    const Result<std::vector<std::int32_t>> ids = tokenizer.value().encode(s["text"].get<std::string>());
    ASSERT_TRUE(ids.ok()) << ids.error().message();
    EXPECT_EQ(ids.value(), s["ids"].get<std::vector<std::int32_t>>()) << s["text"];
  }
  const Result<Measurement> got = measure(model.value(), &tokenizer.value(), sequences_of(golden), {});
  ASSERT_TRUE(got.ok()) << got.error().message();
  const Errors e = compare(golden, got.value());
  expect_within(e, logits);
  std::printf("%s: stream %.2e, branches %.2e, dots %.2e, logits %.2e\n", path.filename().c_str(), e.stream, e.branch,
              e.dots, e.logits);
}

}  // namespace sg::golden
