// Words of a user that choose sites, layers and positions. Errors name the flag that gave them.
#pragma once

#include <string>
#include <vector>

#include "measure/extract.h"

namespace sg {

/// Each word a site's short name. Errors (usage) list the names.
Result<std::vector<Site>> parse_sites(const std::vector<std::string>& words);

/// "all", or a list as "3,7" and "0-30+10" (first-last+step), ascending and without repeats.
/// Errors (usage): another form, a layer that is not below `layers`.
Result<std::vector<std::size_t>> parse_layers(const std::string& text, std::size_t layers);

/// "all", "last", or a list as for layers; sets the two fields of `selection`.
Result<void> parse_positions(const std::string& text, Selection& selection);

/// Empties the tables of sites that are not among these names; dots go with their two sites.
void keep_sites(Measurement& measurement, const std::vector<std::string>& sites);

}  // namespace sg
