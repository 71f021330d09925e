// streamgauge extract: the vectors themselves, as safetensors or as numpy has them.
#include <fmt/format.h>

#include "base/number_text.h"
#include "cli/flags.h"
#include "cli/measuring.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "measure/selection.h"
#include "report/file/activations_file.h"
#include "report/text/model_text.h"

namespace sg {
namespace {

struct Arguments {
  MeasureArguments measure;
  std::vector<std::string> sites;
  std::string layers = "all", positions = "all", output;
};

/// A name without an ending, as that of a pipe, is safetensors.
Result<void> check_ending(const std::string& output) {
  const std::string ending = std::filesystem::path(output).extension().string();
  if (ending.empty() || ending == ".safetensors" || ending == ".npz" || ending == ".npy") return {};
  return usage_error({.what = "no kind of file that vectors are written to",
                      .where = "-o",
                      .expected = "a name that ends in .safetensors, .npz or .npy",
                      .got = "'" + output + "'"});
}

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY_VOID(check_ending(a.output));
  Selection selection;
  SG_TRY(const std::vector<SiteChoice> sites, parse_sites(a.sites));
  SG_TRY(const IndexList layers, parse_layers(a.layers));
  SG_TRY_VOID(parse_positions(a.positions, selection));
  SG_TRY(Job job, prepare(a.measure, common, {{"-o", a.output}}));
  SG_TRY(selection.places, resolve_places(sites, layers, job.model.spec.layers));
  SG_TRY(const Extraction extraction, plan_extraction(job.model, job.sequences, selection));
  const std::size_t rows = extraction.rows.size(), width = job.model.spec.width;
  if (a.measure.plan) {
    const std::uint64_t numbers = extraction.places.size() * rows * width;
    return print_plan(job, fmt::format("writes         {}\n", bytes_text(numbers * sizeof(float))));
  }
  SG_TRY_VOID(check_fits(job));
  SG_TRY(ActivationsFile file,
         ActivationsFile::create(
             a.output, extraction, *job.options.facts,
             {{"sites", site_names(sites)}, {"layers", layer_numbers(extraction.places)}, {"positions", a.positions}}));
  {
    ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
    if (bar.shown()) job.options.progress = [&bar](double share) { bar.update(share); };
    SG_TRY_VOID(stoppable([&] { return extract(job.model, job.sequences, extraction, job.options, file); }));
  }
  SG_TRY_VOID(file.finish());
  Console(common).warnings(job.model.notices);
  SG_TRY_VOID(print(fmt::format("{}: {} of {} x {}, {}\n", a.output, counted(extraction.places.size(), "tensor"), rows,
                                width, bytes_text(file.bytes()))));
  return 0;
}

}  // namespace

void add_extract(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("extract", "the vectors of chosen sites, layers and positions");
  add_model(*command, a->measure.model);
  add_measure_flags(*command, a->measure, /*with_logits=*/false);
  a->measure.logits = "none";
  add_list(*command, "--sites", a->sites, "SITE,...",
           "embed, resid_pre, attn_out, resid_mid, mlp_out, resid_post, ln_final; with its layer as "
           "blocks.10.hook_resid_post or resid_post.10")
      ->required()
      ->delimiter(',');
  add_value(*command, "--layers", a->layers, "LIST",
            "all (when not given), or a list as 3,7 or 10..12 or 0-30+10; -1 is the last");
  add_value(*command, "--positions", a->positions, "LIST",
            "all (when not given), last, or a list of tokens as 0,5 or -3..-1");
  add_value(*command, "-o,--output", a->output, "FILE", "a .safetensors, .npz or .npy file")->required();
  add_device(*command, program.common);
  finish_command(program, *command,
                 "streamgauge extract SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\" --sites "
                 "resid_post --positions last -o acts.safetensors",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
