#include "measure/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "api/state.h"

namespace streamgauge {
namespace {

Result<std::vector<sg::Site>> sites_of(const std::vector<std::string>& words) {
  std::vector<sg::Site> sites;
  for (const std::string& word : words) {
    std::string known;
    const std::size_t before = sites.size();
    for (int i = 0; i < static_cast<int>(sg::Site::kCount); ++i) {
      const sg::Site site = static_cast<sg::Site>(i);
      known.append(i > 0 ? ", " : "").append(sg::name(site));
      if (word == sg::name(site)) sites.push_back(site);
    }
    if (sites.size() > before) continue;
    return Error{
        .kind = ErrorKind::kUsage, .what = "unknown site", .expected = "some of " + known, .got = "'" + word + "'"};
  }
  return sites;
}

std::vector<std::size_t> ascending(std::vector<std::size_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

Result<sg::Selection> selection_of(const ExtractOptions& options, std::size_t depth) {
  sg::Selection selection;
  SG_TRY(selection.sites, sites_of(options.sites));
  selection.layers = ascending(options.layers);
  if (selection.layers.empty()) {
    selection.layers.resize(depth);
    std::iota(selection.layers.begin(), selection.layers.end(), std::size_t{0});
  } else if (selection.layers.back() >= depth) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "there is no such layer",
                 .expected = fmt::format("0 to {}", depth - 1),
                 .got = fmt::format("{}", selection.layers.back())};
  }
  selection.listed = options.last_only ? std::vector<std::size_t>() : ascending(options.positions);
  using Positions = sg::Selection::Positions;
  selection.positions = options.last_only          ? Positions::kLast
                        : selection.listed.empty() ? Positions::kAll
                                                   : Positions::kListed;
  return selection;
}

/// Copies rows to where the caller will read them.
class MemorySink final : public sg::VectorSink {
 public:
  explicit MemorySink(Extraction& out) : out_(out) {}
  Result<void> rows(std::size_t place, std::size_t first, sg::ConstMatrixView rows) override {
    for (std::size_t r = 0; r < rows.rows; ++r) {
      float* const to = out_.places[place].values.data() + (first + r) * out_.width;
      std::memcpy(to, rows.row_span(r).data(), out_.width * sizeof(float));
    }
    return {};
  }

 private:
  Extraction& out_;
};

}  // namespace

Result<Extraction> Model::extract(const std::vector<Prompt>& prompts, const ExtractOptions& options) const {
  SG_TRY(const sg::Selection selection, selection_of(options, state_->model.spec.layers));
  SG_TRY(const std::vector<Sequence> sequences, state_->sequences(prompts));
  SG_TRY(const sg::Extraction plan, sg::plan_extraction(state_->model, sequences, selection));
  Extraction out;
  out.width = state_->model.spec.width;
  for (const sg::ExtractedRow& row : plan.rows) out.rows.push_back({row.sequence, row.position, row.id});
  for (const sg::SiteRef place : plan.places) {
    out.places.push_back({sg::full_name(place), std::vector<float>(out.rows.size() * out.width)});
  }
  MeasureOptions how;
  how.run = options.run;
  how.logits = LogitPositions::kNone;
  how.memory_budget = options.memory_budget;
  MemorySink sink(out);
  SG_TRY([[maybe_unused]] const EngineFacts engine,
         sg::extract(state_->model, sequences, plan, state_->measuring(how), sink));
  return out;
}

}  // namespace streamgauge
