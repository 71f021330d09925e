// An experiment file as hostile input: the text, its keys and formulas; what is understood is evaluated over models
// that say nothing, so that every column, value, verdict and figure is asked for.
#include <cstddef>
#include <cstdint>
#include <string>

#include "experiment/file/parse.h"
#include "experiment/run/analyze.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const sg::Result<sg::Experiment> experiment = sg::parse_experiment(text, "fuzz.toml");
  if (!experiment.ok()) return 0;
  const sg::GivenModel models[] = {
      {.key = "a", .error = {}, .cells = {.columns = {{"x", 1e308}}, .prompts = {}, .source = "fuzz"}},
      {.key = "b", .error = {}, .cells = {.columns = {{"x", -0.0}}, .prompts = {}, .source = "fuzz"}},
      {.key = "c", .error = "gone", .cells = {}}};
  (void)sg::analyze(experiment.value(), models, {.started = "2026-01-05T00:00:00Z"});
  return 0;
}
