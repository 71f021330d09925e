// RopeSource: where config.json states a rotation, as transformers 5 looks for it (modeling_rope_utils, and the
// configurations of the families whose kinds of layers rotate differently).
#pragma once

#include <string>
#include <vector>

#include "model/rope.h"

namespace sg {

struct RopeSource {
  std::vector<std::string> dictionaries =
      {};                  // paths of objects; a key of the first goes before. None: nothing is stated
  std::string whole = {};  // the object at the top, where yarn's `truncate` is looked for
  bool nested = false;     // one kind's of several
};

/// Errors: a kind without its dictionary where the family has no default for it; something else than an object.
Result<RopeSource> rope_source(const Config& config, const RopeOf& of);

/// Whether the file has a dictionary of rotary parameters. A GGUF file says what it is converted from. Of transformers'
/// two names the newer one counts when its dictionary is empty: the rotation is then plain.
bool states_rope(const Config& config, RopeKinds kinds);

/// Whether rope_parameters says something and names no kind of layers, in a family that looks for those alone.
bool states_rope_in_vain(const Config& config, RopeKinds kinds);

}  // namespace sg
