// extract: the vectors themselves, exactly the rows that the norms are taken of, handed out while the pass runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forward/site.h"
#include "measure/index_list.h"
#include "measure/measure.h"
#include "measure/places.h"

namespace sg {

/// Which rows of which places.
struct Selection {
  std::vector<SiteRef> places;  // in any order
  enum class Positions : std::uint8_t { kAll, kLast, kListed } positions = Positions::kAll;
  IndexList listed;  // for kListed; negative ones count from each prompt's end
};

/// Row `row` of every extracted matrix: token `position` of sequence `sequence`.
struct ExtractedRow {
  std::size_t sequence = 0, position = 0;
  std::int32_t id = 0;
};

/// What will be extracted: one matrix (rows x d_model) per place, the same rows in each.
struct Extraction {
  std::vector<SiteRef> places;  // in the order of the pass
  std::vector<ExtractedRow> rows;
  Precision precision = Precision::kFloat32;  // as if in which the model computes
};

/// Resolves a selection. Errors (usage): no site, a site that the model lacks, a layer beyond its depth, a position
/// beyond a prompt's end.
Result<Extraction> plan_extraction(const Model& model, const std::vector<Sequence>& sequences,
                                   const Selection& selection);

/// Where the rows go. Called from the thread of the pass; `rows` is valid during the call.
class VectorSink {
 public:
  virtual ~VectorSink() = default;
  /// Rows first, first + 1, ... of the matrix of places[place].
  virtual Result<void> rows(std::size_t place, std::size_t first, ConstMatrixView rows) = 0;
};

/// Runs the passes and hands every row of the extraction to the sink once. The logits of `options` are not computed.
/// Errors: the sink's first one, which ends the pass at its next layer; those of measure.
Result<EngineFacts> extract(const Model& model, const std::vector<Sequence>& sequences, const Extraction& extraction,
                            const MeasureOptions& options, VectorSink& sink);

/// TransformerLens' name of a site: "blocks.3.hook_resid_post", "hook_embed", "ln_final.hook_out".
std::string full_name(SiteRef place);

}  // namespace sg
