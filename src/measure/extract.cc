#include "measure/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "measure/passes.h"

namespace sg {
namespace {

Error usage(std::string what, std::string expected, std::string got) {
  return {.kind = ErrorKind::kUsage, .what = std::move(what), .expected = std::move(expected), .got = std::move(got)};
}

Result<void> check_selection(const Spec& spec, const Selection& selection) {
  if (selection.places.empty()) return usage("there is no site to extract", "a name such as resid_post", "none");
  for (const auto [site, layer] : selection.places) {
    const char* without = nullptr;
    if (site == Site::kResidMid && spec.order == Order::kParallel) without = "its blocks are parallel";
    if (site == Site::kResidMid && spec.order == Order::kSingle) without = "its blocks add one branch";
    if (site == Site::kMlpOut && !spec.has_mlp()) without = "no block has an MLP";
    if (site == Site::kFinal && !spec.final_norm) without = "it has no final norm";
    if (without != nullptr) {
      return usage(fmt::format("this model has no {}", name(site)), fmt::format("another site: {}", without),
                   std::string(name(site)));
    }
    if (layer >= spec.layers)
      return usage("there is no such layer", fmt::format("0 to {}", spec.layers - 1), fmt::format("{}", layer));
  }
  return {};
}

Result<std::vector<ExtractedRow>> rows_of(const Sequence& sequence, std::size_t number, const Selection& selection) {
  std::vector<std::size_t> positions;
  const std::size_t length = sequence.ids.size();
  switch (selection.positions) {
    case Selection::Positions::kAll:
      for (std::size_t t = 0; t < length; ++t) positions.push_back(t);
      break;
    case Selection::Positions::kLast: positions = {length - 1}; break;
    case Selection::Positions::kListed: {
      Result<std::vector<std::size_t>> listed = resolve(selection.listed, length, "position");
      if (!listed.ok()) {
        Error error = std::move(listed).error();
        error.where = fmt::format("prompt {}", number + 1);
        return error;
      }
      positions = std::move(listed).value();
    }
  }
  std::vector<ExtractedRow> rows;
  rows.reserve(positions.size());
  for (const std::size_t t : positions) rows.push_back({number, t, sequence.ids[t]});
  return rows;
}

/// Picks the selected rows out of every wanted site's matrix.
class Extractor final : public Tap {
 public:
  Extractor(const Extraction& extraction, const Pass& pass, const std::atomic<bool>* user_stop, VectorSink& sink)
      : extraction_(extraction), user_stop_(user_stop), sink_(sink) {
    const std::size_t end = pass.first + pass.tokens.sequences();
    const auto before = [](const ExtractedRow& row, std::size_t sequence) { return row.sequence < sequence; };
    const auto begin_row = std::lower_bound(extraction.rows.begin(), extraction.rows.end(), pass.first, before);
    const auto end_row = std::lower_bound(begin_row, extraction.rows.end(), end, before);
    first_ = static_cast<std::size_t>(begin_row - extraction.rows.begin());
    for (auto row = begin_row; row != end_row; ++row)
      batch_rows_.push_back(pass.tokens.begin(row->sequence - pass.first) + row->position);
  }

  void at(SiteRef site, ConstMatrixView rows) override { take(site, rows); }
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView) override { take(site, delta); }
  std::span<const std::size_t> logit_rows() const override { return {}; }
  void logits(std::span<const std::size_t>, std::size_t, ConstMatrixView) override {}

  const std::atomic<bool>& stop() const { return stop_; }
  std::optional<Error>& failure() { return failure_; }

 private:
  void take(SiteRef site, ConstMatrixView rows) {
    if (user_stop_ != nullptr && user_stop_->load()) stop_ = true;
    if (failure_) return;
    const auto same = [&](SiteRef place) { return place.site == site.site && place.layer == site.layer; };
    const auto found = std::find_if(extraction_.places.begin(), extraction_.places.end(), same);
    if (found == extraction_.places.end()) return;
    const std::size_t place = static_cast<std::size_t>(found - extraction_.places.begin());
    for (std::size_t i = 0; i < batch_rows_.size();) {  // neighbours go together
      std::size_t n = 1;
      while (i + n < batch_rows_.size() && batch_rows_[i + n] == batch_rows_[i] + n) ++n;
      Result<void> done = sink_.rows(place, first_ + i, rows.row_range(batch_rows_[i], n));
      if (!done.ok()) {
        failure_ = std::move(done).error();
        stop_ = true;
        return;
      }
      i += n;
    }
  }

  const Extraction& extraction_;
  const std::atomic<bool>* user_stop_;
  VectorSink& sink_;
  std::size_t first_ = 0;                // of this batch's rows in the extraction
  std::vector<std::size_t> batch_rows_;  // ascending
  std::atomic<bool> stop_ = false;
  std::optional<Error> failure_;
};

}  // namespace

std::string full_name(SiteRef place) {
  switch (place.site) {
    case Site::kEmbed: return "hook_embed";
    case Site::kFinal: return "ln_final.hook_out";
    case Site::kResidPre:
    case Site::kAttnOut:
    case Site::kResidMid:
    case Site::kMlpOut:
    case Site::kResidPost: return fmt::format("blocks.{}.hook_{}", place.layer, name(place.site));
    case Site::kCount: break;
  }
  return "";
}

Result<Extraction> plan_extraction(const Model& model, const std::vector<Sequence>& sequences,
                                   const Selection& selection) {
  SG_TRY_VOID(check_sequences(model, sequences));
  SG_TRY_VOID(check_selection(model.spec, selection));
  Extraction extraction = {.places = selection.places, .rows = {}, .precision = model.spec.precision};
  const auto order_of_pass = [](SiteRef place) {
    const int stage = place.site == Site::kEmbed ? 0 : place.site == Site::kFinal ? 2 : 1;
    return std::tuple(stage, place.layer, place.site);
  };
  std::ranges::sort(extraction.places, {}, order_of_pass);
  const auto last = std::unique(extraction.places.begin(), extraction.places.end());
  extraction.places.erase(last, extraction.places.end());
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    SG_TRY(const std::vector<ExtractedRow> rows, rows_of(sequences[s], s, selection));
    extraction.rows.insert(extraction.rows.end(), rows.begin(), rows.end());
  }
  return extraction;
}

Result<EngineFacts> extract(const Model& model, const std::vector<Sequence>& sequences, const Extraction& extraction,
                            const MeasureOptions& options, VectorSink& sink) {
  SG_TRY_VOID(check_sequences(model, sequences));
  SG_TRY(const std::unique_ptr<Machine> machine, Machine::open(options));
  WeightStream weights(model);
  const auto bytes = [&](std::size_t rows, std::size_t longest) { return activation_bytes(model.spec, rows, longest); };
  SG_TRY_VOID(check_memory(sequences, bytes));
  const std::vector<std::size_t> ends = pack_passes(sequences, memory_budget(options, *machine), bytes);
  const auto run_pass = [&](const Pass& pass) -> Result<void> {
    Extractor extractor(extraction, pass, options.stop, sink);
    RunContext run = {
        .backend = machine->backend(), .tap = extractor, .stop = &extractor.stop(), .progress = pass.progress};
    Result<void> done = run_forward(model, weights, pass.tokens, run);
    if (extractor.failure()) return *std::move(extractor.failure());
    return done;
  };
  SG_TRY_VOID(for_each_pass(sequences, ends, options.progress, run_pass));
  weights.release_all();
  SG_TRY_VOID(model.checkpoint.check_unchanged());
  return engine_facts(machine->kernels(), machine->pool().threads(), model.spec.precision);
}

}  // namespace sg
