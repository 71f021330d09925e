#include "cli/measuring.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/number_text.h"
#include "base/system.h"
#include "cli/obtaining.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "prompts/suites.h"

namespace sg {
namespace {

LogitPositions positions_of(const std::string& word) {
  if (word == "all") return LogitPositions::kAll;
  return word == "none" ? LogitPositions::kNone : LogitPositions::kLast;
}

/// Multiply-adds count two, as in Plan::flops. A product of the size of one small block, timed for a moment.
double flops_per_second(const Kernels& kernels, ThreadPool& pool) {
  constexpr std::size_t kTokens = 96, kWidth = 1024;
  const auto shortest = std::chrono::milliseconds(60);  // long enough for the clock and for all threads to wake
  const std::vector<float> x(kTokens * kWidth, 0.5f), w(kWidth * kWidth, 0.25f);
  std::vector<float> y(kTokens * kWidth);
  const MatmulCall call = {.x = {x.data(), kTokens, kWidth, kWidth},
                           .w = {.data = reinterpret_cast<const std::byte*>(w.data()),
                                 .dtype = DType::kF32,
                                 .rows = kWidth,
                                 .cols = kWidth,
                                 .row_bytes = kWidth * sizeof(float)},
                           .bias = nullptr,
                           .y = {y.data(), kTokens, kWidth, kWidth}};
  kernels.matmul(call, pool);
  const auto start = std::chrono::steady_clock::now();
  double flops = 0;
  while (std::chrono::steady_clock::now() - start < shortest) {
    kernels.matmul(call, pool);
    flops += 2.0 * kTokens * kWidth * kWidth;
  }
  return flops / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Pages of the unembedding that the output distributions map; they stay until the system wants them back.
std::uint64_t head_bytes(const Job& job) {
  const bool read = job.options.logits != LogitPositions::kNone || job.options.lens != LogitPositions::kNone;
  const RoleTensors& outer = job.model.bindings.model;
  const TensorInfo* head = get(outer, Role::kHead) != nullptr ? get(outer, Role::kHead) : get(outer, Role::kEmbed);
  return read && head != nullptr ? head->bytes : 0;
}

Error bad_bytes(const std::string& text) {
  return {.kind = ErrorKind::kUsage,
          .what = "not a number of bytes",
          .where = "--memory",
          .expected = "a number with a unit, as 512MB or 1.5G",
          .got = "'" + text + "'"};
}

}  // namespace

Result<std::size_t> parse_bytes(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  auto [unit_start, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || !(number > 0)) return bad_bytes(text);
  std::string unit(unit_start, end);
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::string_view kPrefixes = "KMGT";
  double base = 1, power = 0;
  if (!unit.empty() && unit != "B") {
    const std::size_t prefix = kPrefixes.find(unit[0]);
    const std::string rest = unit.substr(1);
    if (prefix == std::string_view::npos || !(rest.empty() || rest == "B" || rest == "IB")) return bad_bytes(text);
    base = rest == "B" ? 1000 : 1024;
    power = static_cast<double>(prefix + 1);
  }
  const double bytes = number * std::pow(base, power);
  if (!(bytes >= 1 && bytes < 0x1p63)) return bad_bytes(text);
  return static_cast<std::size_t>(bytes);
}

std::size_t Job::tokens() const {
  std::size_t n = 0;
  for (const Sequence& s : sequences) n += s.ids.size();
  return n;
}

void add_measure_flags(CLI::App& command, MeasureArguments& arguments, bool with_logits) {
  add_prompt_flags(command, arguments.prompts);
  if (with_logits) {
    command
        .add_option("--logits", arguments.logits,
                    "positions whose output distribution is computed: last (when not given), all or none")
        ->check(CLI::IsMember({"last", "all", "none"}))
        ->type_name("WHICH");
  }
  command
      .add_option("--memory", arguments.memory,
                  "activations per pass over the weights, as 512MB or 1.5G; a quarter of the RAM when not given")
      ->type_name("BYTES");
  command.add_flag("--plan", arguments.plan, "print what would be read, the memory and the time, and stop");
}

Result<Job> prepare(const MeasureArguments& arguments, const Common& common, const std::vector<Output>& outputs) {
  const Console console(common);
  if (!has_prompts(arguments.prompts)) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "there is no prompt",
                 .hint = "Give one with -p TEXT, --prompts FILE, --suite NAME or --ids 1,2,3"};
  }
  if (!arguments.prompts.suite.empty()) {
    SG_TRY([[maybe_unused]] const Suite known, find_suite(arguments.prompts.suite));  // before a model is opened
  }
  MeasureOptions options;
  options.threads = common.threads;
  options.isa = common.isa;
  options.logits = positions_of(arguments.logits);
  options.lens = positions_of(arguments.lens);
  options.massive_multiple = arguments.massive_multiple;
  options.stop = &stop_requested();
  if (!arguments.memory.empty()) {
    SG_TRY(options.memory_budget, parse_bytes(arguments.memory));
  }
  SG_TRY(const std::filesystem::path path, obtain_model(arguments.model, common));
  SG_TRY(Model model, open_model(path));
  std::vector<std::filesystem::path> inputs = files_of(model);
  if (!arguments.prompts.file.empty()) inputs.emplace_back(arguments.prompts.file);
  SG_TRY_VOID(spare_inputs(outputs, inputs));
  Job job = {.model = std::move(model), .tokenizer = std::nullopt, .sequences = {}, .options = std::move(options)};
  auto [facts, tokenizer] = acquaint(job.model);
  job.options.facts = std::move(facts);
  if (tokenizer.ok()) {
    job.tokenizer = std::move(tokenizer).value();
  } else if (needs_tokenizer(arguments.prompts)) {
    Error error = std::move(tokenizer).error();
    error.hint += (error.hint.empty() ? "" : ". ") + std::string("Token ids need no tokenizer: --ids 1,2,3");
    return error;
  } else {
    console.info("without token texts: " + tokenizer.error().message());
  }
  SG_TRY(const std::vector<Prompt> prompts,
         gather_prompts(arguments.prompts, {.vocabulary = job.model.spec.vocab, .memory = job.options.memory_budget},
                        console));
  for (const Prompt& prompt : prompts) {
    SG_TRY(Sequence sequence, sequence_of(prompt, job.names(), job.sequences.size() + 1));
    job.sequences.push_back(std::move(sequence));
  }
  return job;
}

Result<void> check_fits(const Job& job) {
  const std::uint64_t needs = plan(job.model, job.sequences, job.options).peak_bytes, has = usable_memory_bytes();
  if (has == 0 || needs <= has) return {};
  return Error{.kind = ErrorKind::kResource,
               .what = "the machine has too little memory for the longest prompt",
               .expected = fmt::format("at most {}", bytes_text(has)),
               .got = fmt::format("a plan of {}", bytes_text(needs)),
               .hint = "--plan shows what takes it"};
}

void name_tokens(Job& job) {
  for (Sequence& sequence : job.sequences) name_tokens(sequence, job.names());
}

Result<Measurement> run_job(Job& job, const Common& common) {
  SG_TRY_VOID(check_fits(job));
  name_tokens(job);
  ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
  MeasureOptions options = job.options;
  if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
  return stoppable([&] { return measure(job.model, job.names(), std::move(job.sequences), options); });
}

Result<std::string> plan_text(const Job& job) {
  SG_TRY(const Kernels* kernels, kernels_for(job.options.isa));
  ThreadPool pool(job.options.threads > 0 ? job.options.threads : available_threads());
  const Plan p = plan(job.model, job.sequences, job.options);
  const std::uint64_t mapped = head_bytes(job), already = resident_bytes();
  const double speed = flops_per_second(*kernels, pool);
  return fmt::format(
      "prompts        {}, {} tokens\n"
      "passes         {} over the weights\n"
      "reads          {}\n"
      "peak memory    at least {}: {} for activations and two layers of weights, {} of the unembedding mapped, {} "
      "that the process holds now; scratch of the threads and the results come on top\n"
      "arithmetic     {:.3g} floating-point operations\n"
      "time           about {} when the weights are in the file cache ({:.0f} GFLOPS measured, {} threads, {})\n",
      job.sequences.size(), grouped(job.tokens()), p.passes, bytes_text(p.bytes_read),
      bytes_text(p.peak_bytes + mapped + already), bytes_text(p.peak_bytes), bytes_text(mapped), bytes_text(already),
      p.flops, seconds_text(p.flops / speed), speed / 1e9, pool.threads(), kernels->isa);
}

}  // namespace sg
