#include "measure/selection.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

using Numbers = std::vector<std::size_t>;

Numbers layers(const std::string& text, std::size_t depth) {
  return resolve(parse_layers(text).value(), depth, "layer").value();
}

TEST(Selection, LayersAreListsAndRanges) {
  EXPECT_EQ(layers("all", 3), Numbers({0, 1, 2}));
  EXPECT_EQ(layers("7,0-4+2,2", 8), Numbers({0, 2, 4, 7}));
  EXPECT_EQ(layers("2..4", 8), Numbers({2, 3, 4}));
  EXPECT_EQ(layers("0..6+3", 8), Numbers({0, 3, 6}));
  for (const char* text : {"", "x", "3-1", "1-", "1+2", "0-4+0", "..", "1..", "-1..-3", "-", "1,,2"}) {
    EXPECT_EQ(parse_layers(text).error().kind, ErrorKind::kUsage) << text;
  }
  EXPECT_EQ(resolve(parse_layers("8").value(), 8, "layer").error().kind, ErrorKind::kUsage);
}

TEST(Selection, NegativeNumbersCountFromTheEnd) {
  EXPECT_EQ(layers("-1", 8), Numbers({7}));
  EXPECT_EQ(layers("-3..-1,0", 8), Numbers({0, 5, 6, 7}));
  EXPECT_EQ(layers("5..-1", 8), Numbers({5, 6, 7}));
  EXPECT_EQ(layers("-8", 8), Numbers({0}));
  EXPECT_FALSE(resolve(parse_layers("-9").value(), 8, "layer").ok());
  EXPECT_FALSE(resolve(parse_layers("7..-3").value(), 8, "layer").ok()) << "layer 7 is behind layer 5";
}

std::vector<SiteRef> places(const std::vector<std::string>& words, const std::string& layers = "all") {
  const Result<std::vector<SiteRef>> resolved =
      resolve_places(parse_sites(words).value(), parse_layers(layers).value(), 4);
  EXPECT_TRUE(resolved.ok()) << resolved.error().message();
  return resolved.ok() ? resolved.value() : std::vector<SiteRef>();
}

TEST(Selection, SitesAreKnownByName) {
  EXPECT_EQ(places({"resid_post", "embed"}, "1,3"),
            std::vector<SiteRef>({{Site::kResidPost, 1}, {Site::kResidPost, 3}, {Site::kEmbed, 0}}));
  EXPECT_NE(parse_sites({"resid"}).error().expected.find("ln_final"), std::string::npos);
  EXPECT_NE(parse_sites({"resid_pots"}).error().hint.find("resid_post"), std::string::npos);
}

TEST(Selection, OtherLibrariesNamesWithTheirLayers) {
  const std::vector<SiteRef> second = {{Site::kResidPost, 2}};
  for (const char* word : {"blocks.2.hook_resid_post", "blocks.2.hook_out", "resid_post.2", "resid_post[2]",
                           "resid_post.-2", "blocks.-2.hook_resid_post", "hook_resid_post.2"}) {
    EXPECT_EQ(places({word}, "0"), second) << word;
  }
  EXPECT_EQ(places({"blocks.*.attn.hook_out"}, "0").size(), 4u);
  EXPECT_EQ(places({"mlp_out_post.1..2"}), std::vector<SiteRef>({{Site::kMlpOut, 1}, {Site::kMlpOut, 2}}));
  EXPECT_EQ(places({"hook_embed", "ln_final.hook_out", "final_norm"}),
            std::vector<SiteRef>({{Site::kEmbed, 0}, {Site::kFinal, 0}}));
  for (const char* word : {"blocks.hook_resid_post", "blocks.2", "blocks.2hook_out", "resid_post.", "resid_post[",
                           "resid_post[]x", "embed.3", "blocks.x.hook_resid_post", "", ".", "blocks..hook_out"}) {
    const Result<std::vector<SiteChoice>> parsed = parse_sites({word});
    EXPECT_FALSE(parsed.ok()) << word;
    if (!parsed.ok()) {
      EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage) << word;
    }
  }
  EXPECT_FALSE(resolve_places(parse_sites({"resid_post.4"}).value(), kAllIndexes, 4).ok());
}

TEST(Selection, ProductsGoWithTheirTwoSites) {
  Measurement m;
  SequenceMeasurement& s = m.sequences.emplace_back();
  s.norms.embed = {1};
  s.norms.resid_pre = s.norms.attn_out = s.norms.mlp_out = LayerTable(1, 1);
  s.dots.pre_attn = s.dots.attn_mlp = LayerTable(1, 1);
  keep_sites(m, {{Site::kResidPre, 0}, {Site::kAttnOut, 0}});
  EXPECT_TRUE(s.norms.embed.empty());
  EXPECT_FALSE(s.norms.resid_pre.empty());
  EXPECT_TRUE(s.norms.mlp_out.empty());
  EXPECT_FALSE(s.dots.pre_attn.empty());
  EXPECT_TRUE(s.dots.attn_mlp.empty());
}

}  // namespace
}  // namespace sg
