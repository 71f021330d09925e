// Places of the stream as values that can be compared.
#pragma once

#include "forward/site.h"

namespace sg {

constexpr bool operator==(SiteRef a, SiteRef b) { return a.site == b.site && a.layer == b.layer; }

/// Whether there is one of it per block.
constexpr bool in_block(SiteRef place) { return place.site != Site::kEmbed && place.site != Site::kFinal; }

}  // namespace sg
