// streamgauge extract: the vectors themselves, as safetensors.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "base/number_text.h"
#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/progress.h"
#include "cli/selection.h"
#include "cli/signals.h"
#include "io/safetensors_write.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

constexpr std::string_view kActivationsSchema = "streamgauge.activations/1";

struct Arguments {
  MeasureArguments measure;
  std::vector<std::string> sites;
  std::string layers = "all", positions = "all", output;
};

/// The tensors of the file: one per place, and one integer per row saying what the row is.
std::vector<TensorPlan> tensors_of(const Extraction& extraction, std::size_t width) {
  std::vector<TensorPlan> tensors;
  const std::uint64_t rows = extraction.rows.size();
  for (const SiteRef place : extraction.places) tensors.push_back({full_name(place), DType::kF32, {rows, width}});
  for (const char* name : {"token_ids", "sequence_index", "position"}) tensors.push_back({name, DType::kI64, {rows}});
  return tensors;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs metadata_of(const Job& job, const Arguments& a, const Selection& selection) {
  const ModelFacts facts = *job.options.facts;
  return {{"format", "pt"},  // what torch's loaders ask for; the data are plain float32
          {"schema", std::string(kActivationsSchema)},
          {"model", facts.id},
          {"fingerprint", facts.fingerprint},
          {"family", facts.family},
          {"sites", fmt::format("{}", fmt::join(a.sites, ","))},
          {"layers", fmt::format("{}", fmt::join(selection.layers, ","))},
          {"positions", a.positions},
          {"engine_version", SG_VERSION},
          {"engine_numerics", fmt::format("{}", kNumericsVersion)}};
}

class FileSink final : public VectorSink {
 public:
  explicit FileSink(SafetensorsWriter& writer) : writer_(writer) {}
  Result<void> rows(std::size_t place, std::size_t first, ConstMatrixView rows) override {
    const std::uint64_t row_bytes = rows.cols * sizeof(float);
    if (rows.stride == rows.cols)
      return writer_.write(place, first * row_bytes, std::as_bytes(std::span(rows.data, rows.rows * rows.cols)));
    for (std::size_t r = 0; r < rows.rows; ++r) {
      SG_TRY_VOID(writer_.write(place, (first + r) * row_bytes, std::as_bytes(rows.row_span(r))));
    }
    return {};
  }

 private:
  SafetensorsWriter& writer_;
};

Result<void> write_row_tensors(const Extraction& extraction, SafetensorsWriter& writer) {
  const std::size_t places = extraction.places.size();
  const auto write = [&](std::size_t which, auto value_of) {
    std::vector<std::int64_t> values;
    for (const ExtractedRow& row : extraction.rows) values.push_back(static_cast<std::int64_t>(value_of(row)));
    return writer.write(places + which, 0, std::as_bytes(std::span<const std::int64_t>(values)));
  };
  SG_TRY_VOID(write(0, [](const ExtractedRow& row) { return row.id; }));
  SG_TRY_VOID(write(1, [](const ExtractedRow& row) { return row.sequence; }));
  return write(2, [](const ExtractedRow& row) { return row.position; });
}

Result<int> run(const Arguments& a, const Common& common) {
  Selection selection;
  SG_TRY(selection.sites, parse_sites(a.sites));
  SG_TRY_VOID(parse_positions(a.positions, selection));
  SG_TRY(Job job, prepare(a.measure, common, {{"-o", a.output}}));
  SG_TRY(selection.layers, parse_layers(a.layers, job.model.spec.layers));
  SG_TRY(const Extraction extraction, plan_extraction(job.model, job.sequences, selection));
  if (a.measure.plan) {
    SG_TRY(const std::string text, plan_text(job));
    const std::uint64_t numbers = extraction.places.size() * extraction.rows.size() * job.model.spec.width;
    SG_TRY_VOID(print(text + fmt::format("writes         {}\n", bytes_text(numbers * sizeof(float)))));
    return 0;
  }
  SG_TRY_VOID(check_fits(job));
  const Pairs metadata = metadata_of(job, a, selection);
  SG_TRY(SafetensorsWriter writer,
         SafetensorsWriter::create(a.output, tensors_of(extraction, job.model.spec.width), metadata));
  SG_TRY_VOID(write_row_tensors(extraction, writer));
  FileSink sink(writer);
  {
    ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
    if (bar.shown()) job.options.progress = [&bar](double share) { bar.update(share); };
    SG_TRY_VOID(stoppable([&] { return extract(job.model, job.sequences, extraction, job.options, sink); }));
  }
  SG_TRY_VOID(writer.finish());
  const Console console(common);
  for (const std::string& notice : job.model.notices) console.warning(notice);
  SG_TRY_VOID(print(fmt::format("{}: {} of {} x {}, {}\n", a.output, counted(extraction.places.size(), "tensor"),
                                extraction.rows.size(), job.model.spec.width, bytes_text(writer.file_bytes()))));
  return 0;
}

}  // namespace

void add_extract(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("extract", "the vectors of chosen sites, layers and positions");
  command
      ->add_option("MODEL", a->measure.model,
                   "a folder with safetensors, a .gguf file, or ORG/NAME[@REV] from the Hub's cache")
      ->required();
  add_measure_flags(*command, a->measure, /*with_logits=*/false);
  a->measure.logits = "none";
  command->add_option("--sites", a->sites, "embed, resid_pre, attn_out, resid_mid, mlp_out, resid_post, ln_final")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  command->add_option("--layers", a->layers, "all (when not given), or a list as 3,7 or 0-30+10")->type_name("LIST");
  command->add_option("--positions", a->positions, "all (when not given), last, or a list of tokens as 0,5")
      ->type_name("LIST");
  command->add_option("-o,--output", a->output, "the safetensors file")->required()->type_name("FILE");
  finish_command(program, *command,
                 "streamgauge extract SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\" --sites "
                 "resid_post --positions last -o acts.safetensors",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
