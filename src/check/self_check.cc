#include "check/self_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/embedded.h"
#include "base/json_reader.h"
#include "check/temp_folder.h"
#include "measure/measure.h"
#include "report/file/output_file.h"

namespace sg {

std::span<const EmbeddedFile> embedded_references();

namespace {

/// A model's files, its golden among them.
struct BuiltIn {
  std::string name;
  std::vector<EmbeddedFile> files;
};

std::vector<BuiltIn> built_in_models() {
  std::map<std::string, BuiltIn> models;
  for (const EmbeddedFile& file : embedded_references()) {
    const std::string name(file.path.substr(0, file.path.find('/')));
    models[name].name = name;
    models[name].files.push_back(file);
  }
  std::vector<BuiltIn> all;
  all.reserve(models.size());
  for (auto& [name, model] : models) all.push_back(std::move(model));
  return all;
}

bool is_golden(const EmbeddedFile& file) { return file.path.substr(file.path.rfind('/') + 1).starts_with("golden"); }

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

std::vector<double> all_numbers(const SequenceMeasurement& s) {
  std::vector<double> all = s.norms.embed;
  const auto append = [&all](const std::vector<double>& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (const LayerTable* t :
       {&s.norms.resid_pre, &s.norms.attn_out, &s.norms.resid_mid, &s.norms.mlp_out, &s.norms.resid_post,
        &s.dots.pre_attn, &s.dots.mid_mlp, &s.dots.pre_mlp, &s.dots.attn_mlp}) {
    append(t->values);
  }
  append(s.norms.ln_final);
  for (const LogitStats& l : s.logits) {
    append({l.mean, l.std, l.max, l.min, l.entropy, l.effective_vocab, l.top10_prob_mass});
    for (const TopToken& t : l.top) append({static_cast<double>(t.id), t.prob});
  }
  for (const Massive& m : s.massive)
    append({static_cast<double>(m.token), static_cast<double>(m.channel), m.value, m.median});
  return all;
}

bool same_bits(const Measurement& a, const Measurement& b) {
  return std::equal(a.sequences.begin(), a.sequences.end(), b.sequences.begin(), b.sequences.end(),
                    [](const auto& x, const auto& y) { return same(all_numbers(x), all_numbers(y)); });
}

/// The largest relative error so far; NaN stays.
void worsen(double& worst, double got, double want) {
  const double error = std::abs(got - want) / std::abs(want);
  if (!(error <= worst)) worst = error;
}

Result<void> compare_row(const JsonReader& norms, const char* key, const std::vector<double>& got, double& worst) {
  SG_TRY(const JsonReader golden, norms.at(key));
  SG_TRY(const std::vector<double> want, golden.numbers());
  SG_CHECK(want.size() == got.size(), "a golden of another length");
  for (std::size_t t = 0; t < want.size(); ++t) worsen(worst, got[t], want[t]);
  return {};
}

Result<void> compare_table(const JsonReader& norms, const char* key, const LayerTable& got, double& worst) {
  const auto golden = norms.find(key);
  SG_CHECK(golden.has_value() == !got.empty(), "a golden with other sites");
  if (!golden) return {};
  SG_TRY(const std::vector<JsonReader> rows, golden->items());
  for (std::size_t l = 0; l < rows.size(); ++l) {
    SG_TRY(const std::vector<double> want, rows[l].numbers());
    for (std::size_t t = 0; t < want.size(); ++t) worsen(worst, got.at(l, t), want[t]);
  }
  return {};
}

Result<void> compare_entropy(const JsonReader& golden, const SequenceMeasurement& got, double& worst) {
  SG_TRY(const JsonReader logits, golden.at("logits"));
  SG_TRY(const std::vector<JsonReader> positions, logits.items());
  for (const JsonReader& position : positions) {
    SG_TRY(const JsonReader place, position.at("position"));
    SG_TRY(const std::uint64_t index, place.count());
    SG_TRY(const JsonReader entropy, position.at("entropy"));
    SG_TRY(const double want, entropy.number());
    worsen(worst, got.logits.at(index).entropy, want);
  }
  return {};
}

Result<void> compare(const JsonReader& golden, const SequenceMeasurement& got, CheckOutcome& outcome) {
  SG_TRY(const JsonReader norms, golden.at("norms"));
  SG_TRY_VOID(compare_row(norms, "embed", got.norms.embed, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "resid_pre", got.norms.resid_pre, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "resid_mid", got.norms.resid_mid, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "resid_post", got.norms.resid_post, outcome.stream_error));
  SG_TRY_VOID(compare_row(norms, "ln_final", got.norms.ln_final, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "attn_out", got.norms.attn_out, outcome.branch_error));
  SG_TRY_VOID(compare_table(norms, "mlp_out", got.norms.mlp_out, outcome.branch_error));
  SG_TRY_VOID(compare_entropy(golden, got, outcome.entropy_error));
  if (got.identity_error) outcome.identity_error = std::max(outcome.identity_error.value_or(0), *got.identity_error);
  return {};
}

Result<Sequence> golden_sequence(const JsonReader& golden) {
  SG_TRY(const JsonReader ids, golden.at("ids"));
  SG_TRY(const std::vector<JsonReader> items, ids.items());
  Sequence sequence;
  for (const JsonReader& item : items) {
    SG_TRY(const std::int64_t id, item.integer());
    sequence.ids.push_back(static_cast<std::int32_t>(id));
    sequence.tokens.emplace_back();
  }
  return sequence;
}

using Stop = std::atomic<bool>;

MeasureOptions options_of(const Stop& stop, int threads, std::string isa = {}) {
  MeasureOptions options;
  options.stop = &stop;
  options.threads = threads;
  options.isa = std::move(isa);
  options.logits = LogitPositions::kAll;
  return options;
}

Result<void> check_bits(const Model& model, const std::vector<Sequence>& sequences, const Measurement& base,
                        const Stop& stop, CheckOutcome& outcome) {
  SG_TRY(const Measurement two, measure(model, nullptr, sequences, options_of(stop, 2)));
  outcome.threads_equal = same_bits(base, two);
  outcome.packing_equal = true;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    SG_TRY(const Measurement alone, measure(model, nullptr, {sequences[s]}, options_of(stop, 1)));
    outcome.packing_equal =
        outcome.packing_equal && same(all_numbers(alone.sequences[0]), all_numbers(base.sequences[s]));
  }
  SG_TRY(const Kernels* used, kernels_for({}));
  for (const std::string_view isa : available_isas()) {
    SG_TRY(const Kernels* kernels, kernels_for(isa));
    if (!used->has_fma || !kernels->has_fma || isa == used->isa) continue;
    SG_TRY(const Measurement other, measure(model, nullptr, sequences, options_of(stop, 1, std::string(isa))));
    outcome.isas_equal = outcome.isas_equal.value_or(true) && same_bits(base, other);
  }
  return {};
}

struct OpenedModel {
  Model model;
  std::string_view golden;
};

Result<OpenedModel> open_built_in(const BuiltIn& built_in, const TempFolder& folder) {
  std::string_view golden;
  std::filesystem::path path = folder.path();
  for (const EmbeddedFile& file : built_in.files) {
    if (is_golden(file)) {
      golden = file.content;
      continue;
    }
    const std::filesystem::path target = folder.path() / std::filesystem::path(file.path).filename();
    SG_TRY_VOID(write_output(target, file.content));
    if (target.extension() == ".gguf") path = target;
  }
  SG_TRY(Model model, open_model(path));
  return OpenedModel{std::move(model), golden};
}

Result<void> check_model(const BuiltIn& built_in, TempFolder folder, const Stop& stop, CheckOutcome& outcome) {
  SG_TRY(const OpenedModel opened, open_built_in(built_in, folder));
  folder.remove();  // the mapped bytes outlive the names
  const Model& model = opened.model;
  outcome.family = model.spec.family->name;
  outcome.format = model.checkpoint.format == Format::kGguf ? "GGUF" : "safetensors";
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(opened.golden, built_in.name));
  SG_TRY(const JsonReader list, root.at("sequences"));
  SG_TRY(const std::vector<JsonReader> goldens, list.items());
  std::vector<Sequence> sequences;
  for (const JsonReader& golden : goldens) {
    SG_TRY(Sequence sequence, golden_sequence(golden));
    sequences.push_back(std::move(sequence));
  }
  SG_TRY(const Measurement base, measure(model, nullptr, sequences, options_of(stop, 1)));
  for (std::size_t s = 0; s < goldens.size(); ++s) {
    SG_TRY_VOID(compare(goldens[s], base.sequences[s], outcome));
  }
  return check_bits(model, sequences, base, stop, outcome);
}

}  // namespace

bool CheckOutcome::ok() const {
  return failure.empty() && stream_error <= kStreamTolerance && branch_error <= kBranchTolerance &&
         entropy_error <= kEntropyTolerance && threads_equal && packing_equal && isas_equal.value_or(true) &&
         identity_error.value_or(0) <= kIdentityTolerance;
}

Result<std::vector<CheckOutcome>> run_self_check(const Stop& stop) {
  std::vector<CheckOutcome> outcomes;
  for (const BuiltIn& model : built_in_models()) {
    CheckOutcome outcome;
    outcome.model = model.name;
    SG_TRY(TempFolder folder, TempFolder::make());
    Result<void> done = check_model(model, std::move(folder), stop, outcome);
    if (!done.ok() && done.error().kind == ErrorKind::kInterrupted) return std::move(done).error();
    if (!done.ok()) outcome.failure = done.error().message();
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace sg
