// gains --explain: the readings that are asked for measured, what turns the verdict, and who writes what carries it.
#pragma once

#include <string>
#include <vector>

#include "cli/measuring.h"
#include "measure/explain.h"

namespace sg {

struct ExplainArguments {
  bool wanted = false;            // --explain
  std::string layers;             // --layers; empty: the definition's span
  std::vector<std::string> axes;  // --axes
};
void add_explain(CLI::App& command, ExplainArguments& arguments);
/// Errors (usage): flags that need --explain.
Result<ExplainQuestion> explain_question(const ExplainArguments& arguments, const std::string& definition);

struct Explained {
  Explanation explanation;
  std::vector<Writers> writers;  // of its places, in order; empty without a model
};
/// `own`: the job's measurement. Prompts are read and measured again on every axis; what changes neither ids nor type
/// is no choice.
Result<Explained> explain_job(Job& job, const ExplainArguments& arguments, const ExplainQuestion& question,
                              const PromptReading& reading, const Measurement& own, const Common& common);

}  // namespace sg
