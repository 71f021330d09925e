// Words of a user that choose sites, layers and positions. Errors (usage) name the flag that gave them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/extract.h"

namespace sg {

/// One word of --sites: a site, and the layers that the word itself names.
struct SiteChoice {
  Site site = Site::kEmbed;
  std::optional<IndexList> layers;  // absent: those that are chosen elsewhere
};

/// The site of a name without its layer: ours ("resid_post"), TransformerLens' ("hook_resid_post", "hook_out",
/// "attn.hook_out", "ln_final.hook_out") and interp-engine's ("attn_out_post", "final_norm", "embeddings").
std::optional<Site> site_named(std::string_view name);

/// Each word a site, alone or with layers: "resid_post", "blocks.10.hook_resid_post", "blocks.*.hook_mlp_out",
/// "resid_post.10", "resid_post[-1]". Errors: another word (the names are listed), layers at a site outside blocks.
Result<std::vector<SiteChoice>> parse_sites(const std::vector<std::string>& words);

/// The words without "logits", which is no place of the stream.
std::vector<std::string> without_logits(std::vector<std::string> words);

/// "all", or a list as "3,7", "10..12", "0-30+10" (first-last+step) and "-1", which counts from the end.
/// Errors: another form; nothing is resolved.
Result<IndexList> parse_layers(const std::string& text);

/// The places that words and --layers choose in a model of this depth, each once. Errors: a layer that there is not.
Result<std::vector<SiteRef>> resolve_places(const std::vector<SiteChoice>& sites, const IndexList& layers,
                                            std::size_t depth);

/// The same, of every site when there is no word; none, which stands for all of them, when layers choose nothing
/// either. `layers` as parse_layers takes it.
Result<std::vector<SiteRef>> chosen_places(std::vector<std::string> words, const std::string& layers,
                                           std::size_t depth);

/// How a selection is written beside extracted vectors: "embed,resid_post", each site once, and "0,7", the layers.
std::string site_names(const std::vector<SiteChoice>& sites);
std::string layer_numbers(const std::vector<SiteRef>& places);

/// "all", "last", or a list as for layers; sets the two fields of `selection`.
Result<void> parse_positions(const std::string& text, Selection& selection);

/// Empties the tables of sites of which no place is chosen; dots go with their two sites.
void keep_sites(Measurement& measurement, const std::vector<SiteRef>& places);

}  // namespace sg
