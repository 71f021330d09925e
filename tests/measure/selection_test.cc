#include "measure/selection.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(Selection, LayersAreListsAndRanges) {
  EXPECT_EQ(parse_layers("all", 3).value(), std::vector<std::size_t>({0, 1, 2}));
  EXPECT_EQ(parse_layers("7,0-4+2,2", 8).value(), std::vector<std::size_t>({0, 2, 4, 7}));
  for (const char* text : {"", "x", "3-1", "1-", "1+2", "0-4+0", "8"}) {
    EXPECT_EQ(parse_layers(text, 8).error().kind, ErrorKind::kUsage) << text;
  }
}

TEST(Selection, SitesAreKnownByName) {
  EXPECT_EQ(parse_sites({"resid_post", "embed"}).value(), std::vector<Site>({Site::kResidPost, Site::kEmbed}));
  EXPECT_NE(parse_sites({"resid"}).error().expected.find("ln_final"), std::string::npos);
}

TEST(Selection, ProductsGoWithTheirTwoSites) {
  Measurement m;
  SequenceMeasurement& s = m.sequences.emplace_back();
  s.norms.embed = {1};
  s.norms.resid_pre = s.norms.attn_out = s.norms.mlp_out = LayerTable(1, 1);
  s.dots.pre_attn = s.dots.attn_mlp = LayerTable(1, 1);
  keep_sites(m, {"resid_pre", "attn_out"});
  EXPECT_TRUE(s.norms.embed.empty());
  EXPECT_FALSE(s.norms.resid_pre.empty());
  EXPECT_TRUE(s.norms.mlp_out.empty());
  EXPECT_FALSE(s.dots.pre_attn.empty());
  EXPECT_TRUE(s.dots.attn_mlp.empty());
}

}  // namespace
}  // namespace sg
