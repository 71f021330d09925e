// Sites: the named places of the residual stream, each a (tokens x d_model) matrix. docs/sites.md has the
// equations. What is recorded at attn_out and mlp_out is exactly what is added to the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sg {

enum class Site : std::uint8_t { kEmbed, kResidPre, kAttnOut, kResidMid, kMlpOut, kResidPost, kFinal, kCount };

/// A site of one block; layer is 0 for the two sites outside blocks.
struct SiteRef {
  Site site = Site::kEmbed;
  std::size_t layer = 0;
};

/// The short name of tables and JSON: "resid_post".
constexpr std::string_view name(Site site) {
  switch (site) {
    case Site::kEmbed: return "embed";
    case Site::kResidPre: return "resid_pre";
    case Site::kAttnOut: return "attn_out";
    case Site::kResidMid: return "resid_mid";
    case Site::kMlpOut: return "mlp_out";
    case Site::kResidPost: return "resid_post";
    case Site::kFinal: return "ln_final";
    case Site::kCount: break;
  }
  return "";
}

}  // namespace sg
