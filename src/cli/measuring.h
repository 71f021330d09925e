// From the command line's words to a measurement: what measure and gains share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/prompts.h"
#include "cli/remote_reading.h"
#include "measure/closer.h"
#include "measure/measure.h"
#include "report/file/outputs.h"

namespace sg {

struct MeasureArguments {
  std::string model;
  PromptArguments prompts;
  std::string logits = "last";         // last, all, none
  std::string lens = "none";           // last, all, none
  CLI::Option* targets = nullptr;      // of the lens: texts or ids
  std::string embed_scale = "stored";  // stored, float32
  std::string precision = "float32";   // float32, bfloat16, float16
  double massive_multiple = kMassiveMultiple;
  std::string memory;  // "512MB"; empty: the engine's own budget
  RemoteArguments remote;
  bool plan = false, full_hash = false;
};
/// --logits is added when `with_logits`.
void add_measure_flags(CLI::App& command, MeasureArguments& arguments, bool with_logits);

/// An opened model with its prompts.
struct Job {
  Model model;
  std::optional<Tokenizer> tokenizer;
  std::vector<Sequence> sequences;
  std::vector<Prompt> prompts = {};  // that they are
  MeasureOptions options;
  std::shared_ptr<RemoteReader> reader = {};  // of a model that is read from the Hub
  std::uint64_t remote_bytes = 0;

  std::size_t tokens() const;
  const Tokenizer* names() const { return tokenizer ? &*tokenizer : nullptr; }
};
/// --embed-scale and --precision of a model just opened. Error (usage): both at once.
Result<void> use_types(const MeasureArguments& arguments, Model& model);

/// `outputs`: what the command will write; checked before anything is read.
Result<Job> prepare(const MeasureArguments& arguments, const Common& common, const std::vector<Output>& outputs);

/// An error (resource) when the machine lacks the memory for the longest prompt.
Result<void> check_fits(const Job& job);

/// The texts of all tokens. Not before it is known that there is memory for them: they take more than the prompts.
void name_tokens(Job& job);

/// Runs the job under a progress bar.
Result<Measurement> run_job(Job& job, const Common& common);
/// The same, with a closer look.
Result<MeasuredCloser> run_job(Job& job, const Closer& closer, const Common& common);

/// The job's prompts, read in another way.
Result<std::vector<Sequence>> read_prompts(const Job& job, const PromptReading& reading);

/// What --plan prints, and the lines of `more` under it; the exit code.
Result<int> print_plan(const Job& job, const std::string& more = "");

}  // namespace sg
