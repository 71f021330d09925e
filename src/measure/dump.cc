#include "measure/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/system.h"
#include "kernel/decode.h"
#include "measure/differences.h"
#include "measure/dump_map.h"
#include "measure/extract.h"

namespace sg {
namespace {

/// What the arrays must fit.
struct Fit {
  std::size_t depth, width, rows;  // rows: tokens of all prompts
};

std::string shape_text(const TensorInfo& array) {
  std::string text = "[";
  for (const std::uint64_t extent : array.shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

std::string shown_name(const TensorInfo& array) { return array.name.empty() ? "the array" : array.name; }

Error misfit(const Dump& dump, const TensorInfo& array, std::string expected) {
  return {.what = fmt::format("{} does not fit the model and the prompts", shown_name(array)),
          .where = dump.name,
          .expected = std::move(expected),
          .got = fmt::format("{} of {}", shape_text(array), name(array.dtype)),
          .hint = "--map NAME=SITE says what an array is; the tokens of all prompts stand one after the other"};
}

Result<void> bind_array(Dump& dump, const TensorInfo& array, const std::vector<SiteRef>& places, const Fit& fit) {
  const std::uint64_t matrix = fit.rows * fit.width;
  const bool fits = traits(array.dtype).is_weight && traits(array.dtype).block_items == 1 && !array.shape.empty() &&
                    array.shape.back() == fit.width && array.items() == matrix * places.size() &&
                    (places.size() == 1 || array.shape.front() == places.size());
  if (!fits) {
    const std::string first = places.size() > 1 ? fmt::format("{}, ", places.size()) : "";
    return misfit(dump, array, fmt::format("floating-point numbers of shape [{}{}, {}]", first, fit.rows, fit.width));
  }
  const std::size_t bytes = array.bytes / places.size();
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (dump.find(places[i]) != nullptr) {
      return Error{.kind = ErrorKind::kUsage,
                   .what = fmt::format("two arrays are {}", full_name(places[i])),
                   .where = dump.name,
                   .got = fmt::format("{} is the second", shown_name(array)),
                   .hint = "--map names those that are meant"};
    }
    dump.matrices.push_back({places[i], array.dtype, array.data + i * bytes});
  }
  return {};
}

/// Ids beside the states are the prompts' own.
Result<void> check_ids(const Dump& dump, const std::vector<TensorInfo>& arrays,
                       const std::vector<Sequence>& sequences) {
  std::vector<std::int32_t> wanted;
  for (const Sequence& s : sequences) wanted.insert(wanted.end(), s.ids.begin(), s.ids.end());
  for (const char* name : {"input_ids", "token_ids", "ids"}) {
    const auto array = std::ranges::find(arrays, name, &TensorInfo::name);
    if (array == arrays.end() || (array->dtype != DType::kI64 && array->dtype != DType::kI32)) continue;
    std::vector<std::int64_t> found;
    for (std::uint64_t i = 0; i < array->items(); ++i) {
      found.push_back(array->dtype == DType::kI64 ? load_le<std::int64_t>(array->data + 8 * i)
                                                  : load_le<std::int32_t>(array->data + 4 * i));
    }
    const auto [a, b] = std::ranges::mismatch(wanted, found);
    if (a == wanted.end() && b == found.end()) continue;
    const auto at = a - wanted.begin();
    return Error{.what = "the dump is of other tokens",
                 .where = dump.name + ": " + name,
                 .expected = a == wanted.end() ? fmt::format("{} tokens", wanted.size())
                                               : fmt::format("id {} at token {}", *a, at),
                 .got = b == found.end() ? fmt::format("{} tokens", found.size()) : fmt::format("id {}", *b),
                 .hint = "give the prompts of the dump, as ids with --ids"};
  }
  return {};
}

std::string names_of(const std::vector<TensorInfo>& arrays) {
  constexpr std::size_t kMost = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(arrays.size(), kMost); ++i) {
    text += (i > 0 ? ", " : "") + shown_name(arrays[i]) + " " + shape_text(arrays[i]);
  }
  return arrays.size() > kMost ? text + fmt::format(" and {} more", arrays.size() - kMost) : text;
}

/// The pass's side of a comparison whose other side is stored.
class DumpTap final : public Tap {
 public:
  DumpTap(const Dump& dump, std::size_t first_row, Differences& differences)
      : dump_(dump), first_row_(first_row), differences_(differences) {}

  void at(SiteRef site, ConstMatrixView rows) override {
    const DumpedMatrix* matrix = dump_.find(site);
    if (matrix == nullptr) return;
    const std::size_t row_bytes = rows.cols * traits(matrix->dtype).block_bytes;
    stored_.resize(rows.rows * rows.cols);
    decode_scalar(matrix->dtype, matrix->data + first_row_ * row_bytes, stored_.size(), stored_.data());
    differences_.at(site, rows, {stored_.data(), rows.rows, rows.cols, rows.cols});
  }
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView) override { at(site, delta); }
  std::span<const std::size_t> logit_rows() const override { return {}; }
  void logits(std::span<const std::size_t>, std::size_t, ConstMatrixView) override {}

 private:
  const Dump& dump_;
  std::size_t first_row_;
  Differences& differences_;
  std::vector<float> stored_;
};

ModelFacts facts_of(const Dump& dump, const ModelFacts& a) {
  ModelFacts facts;
  facts.id = std::filesystem::path(dump.name).filename().string();
  facts.path = dump.name;
  facts.n_layers = a.n_layers;
  facts.d_model = a.d_model;
  facts.dtype = name(dump.matrices.front().dtype);
  return facts;
}

}  // namespace

const DumpedMatrix* Dump::find(SiteRef place) const {
  const auto found = std::ranges::find(matrices, place, &DumpedMatrix::place);
  return found == matrices.end() ? nullptr : &*found;
}

Result<Dump> bind_dump(const std::string& name, const std::vector<TensorInfo>& arrays,
                       const std::vector<std::string>& map, const Model& model,
                       const std::vector<Sequence>& sequences) {
  SG_TRY(std::vector<NameRule> rules, parse_dump_map(map));
  if (rules.empty()) rules = known_dump_names();
  Dump dump = {name, {}};
  Fit fit = {model.spec.layers, model.spec.width, 0};
  for (const Sequence& s : sequences) fit.rows += s.ids.size();
  SG_TRY_VOID(check_ids(dump, arrays, sequences));
  for (const TensorInfo& array : arrays) {
    for (const NameRule& rule : rules) {
      std::optional<std::size_t> layer = rule.match(array.name);
      if (!layer && array.name.empty() && !map.empty()) layer = rule.match(std::filesystem::path(name).stem().string());
      if (!layer) continue;
      const auto places = places_of(rule, *layer, fit.depth);
      if (!places) return misfit(dump, array, fmt::format("a layer of {}", fit.depth));
      SG_TRY_VOID(bind_array(dump, array, *places, fit));
      break;
    }
  }
  if (dump.matrices.empty()) {
    return Error{.what = "no array of the dump is a site",
                 .where = name,
                 .expected = map.empty() ? "hidden_states, hidden_states.{} or blocks.{}.hook_resid_post"
                                         : "an array that --map names",
                 .got = names_of(arrays),
                 .hint = "--map 'NAME.{}=resid_post' says what the arrays are, {} being the layer"};
  }
  return dump;
}

Result<Comparison> compare_with_dump(const Model& a, const Dump& dump, std::vector<Sequence> sequences,
                                     const MeasureOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  SG_TRY_VOID(check_sequences(a, sequences));
  SG_TRY(const std::unique_ptr<Machine> machine, Machine::open(options));
  Comparison result;
  result.engine = engine_facts(machine->kernels(), machine->pool().threads(), a.spec.precision);
  result.a = describe(a);
  result.b = facts_of(dump, result.a);
  for (const std::string& notice : a.notices) result.warnings.push_back(a.id + ": " + notice);
  std::vector<std::size_t> first_rows = {0};
  for (const Sequence& s : sequences) {
    first_rows.push_back(first_rows.back() + s.ids.size());
    result.sequences.push_back({.sequence = s, .sites = {}, .outputs = {}});
  }
  const auto bytes = [&](std::size_t rows, std::size_t longest) { return activation_bytes(a.spec, rows, longest); };
  SG_TRY_VOID(check_memory(sequences, bytes));
  WeightStream weights(a);
  const auto run_pass = [&](const Pass& pass) -> Result<void> {
    Differences differences(pass, LogitPositions::kNone, machine->kernels(), machine->pool(),
                            {result.sequences.data() + pass.first, pass.tokens.sequences()});
    DumpTap tap(dump, first_rows[pass.first], differences);
    RunContext run = {.backend = machine->backend(), .tap = tap, .stop = options.stop, .progress = pass.progress};
    return run_forward(a, weights, pass.tokens, run);
  };
  SG_TRY_VOID(for_each_pass(sequences, pack_passes(sequences, memory_budget(options, *machine), bytes),
                            options.progress, run_pass));
  weights.release_all();
  SG_TRY_VOID(a.checkpoint.check_unchanged());
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.peak_bytes = peak_resident_bytes();
  return result;
}

}  // namespace sg
