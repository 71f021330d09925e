// Hidden states that another program wrote, bound to places of a model's pass and compared with it (docs/compare.md).
#pragma once

#include <string>
#include <vector>

#include "measure/compare.h"
#include "measure/places.h"

namespace sg {

/// One matrix (tokens x width) of a dump.
struct DumpedMatrix {
  SiteRef place;
  DType dtype = DType::kF32;
  const std::byte* data = nullptr;
};

struct Dump {
  std::string name;  // of the file, in messages
  std::vector<DumpedMatrix> matrices;

  const DumpedMatrix* find(SiteRef place) const;
};

/// Binds the arrays of a file, sorted by name (io/arrays_file.h), which must live as long as the dump. `map`: words
/// NAME=SITE, where {} in NAME is a layer and SITE is a site's name, or "hf": the rule of transformers' hidden_states
/// (0 is embed, the last is after the final norm). A NAME without {} that means a site of blocks is an array with the
/// layers as its first axis. Empty: the names of TransformerLens and of `extract`, hidden_states.{} and hidden_states;
/// the array of a .npy file, which has no name, is the latter; a map knows it by its file's name. Every array has the
/// width of the model last, and before it the tokens of all `sequences`, one prompt after the other.
/// Errors: a word that is none (usage); no array that the map means; a shape that does not fit; two arrays of one place
/// (usage); an array ids, token_ids or input_ids that holds other ids than the sequences.
Result<Dump> bind_dump(const std::string& name, const std::vector<TensorInfo>& arrays,
                       const std::vector<std::string>& map, const Model& model, const std::vector<Sequence>& sequences);

/// As compare, with the dump as B; the places that it holds, without outputs.
Result<Comparison> compare_with_dump(const Model& a, const Dump& dump, std::vector<Sequence> sequences,
                                     const MeasureOptions& options);

}  // namespace sg
