#include "cli/explaining.h"

#include "cli/flags.h"
#include "cli/signals.h"
#include "experiment/file/reading.h"
#include "experiment/run/row_keys.h"
#include "measure/closer.h"

namespace sg {
namespace {

/// The readings on the axes, the own one first; of those that this model cannot be read as it is said why.
struct Readings {
  std::vector<Reading> words;
  std::vector<std::vector<Sequence>> sequences;
};

bool same_ids(const std::vector<Sequence>& a, const std::vector<Sequence>& b) {
  return std::ranges::equal(a, b, [](const Sequence& x, const Sequence& y) { return x.ids == y.ids; });
}

Readings read_all(Job& job, const std::vector<std::string>& axes, const PromptReading& reading, const Measurement& own,
                  const Console& console) {
  const Reading base = own_reading(reading, std::string(name(job.model.spec.precision)));
  AxisWords words;
  for (const ReadingAxis& axis : reading_axes()) {
    words.push_back({base.*axis.word});
    const bool asked =
        std::ranges::any_of(axes, [&](const std::string& name) { return find_reading_axis(name) == &axis; });
    if (asked) words.back() = all_words(axis, base);
  }
  Readings readings;
  for (const Reading& one : readings_over(words)) {
    std::vector<Sequence> sequences;
    if (one == base) {
      for (const SequenceMeasurement& s : own.sequences) sequences.push_back(s.sequence);
    } else if (Result<std::vector<Sequence>> read = read_prompts(job, applied(one, reading)); read.ok()) {
      sequences = std::move(read).value();
    } else {
      if (retreats(one, base).size() == 2) console.note("no choice of this model: " + read.error().message());
      continue;
    }
    bool again = false;
    for (std::size_t r = 0; r < readings.words.size(); ++r)
      again |= readings.words[r].precision == one.precision && same_ids(readings.sequences[r], sequences);
    if (again) continue;
    readings.words.push_back(one);
    readings.sequences.push_back(std::move(sequences));
  }
  return readings;
}

std::vector<std::pair<std::string, std::string>> pairs_of(const Reading& reading) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const ReadingAxis& axis : reading_axes()) pairs.emplace_back(axis.name, reading.*axis.word);
  return pairs;
}

}  // namespace

void add_explain(CLI::App& command, ExplainArguments& a) {
  constexpr const char* kGroup = "What turns the verdict";
  command
      .add_flag("--explain", a.wanted,
                "the fewest choices that turn the verdict of --definition (last/last_block when not given), and the "
                "tokens, channel, heads and rows of W_down behind it")
      ->group(kGroup);
  add_value(command, "--layers", a.layers, "FIRST..LAST", "explain the gain over this block, or these: 3, 3..7")
      ->group(kGroup);
  add_axes(command, a.axes)->group(kGroup);
}

Result<ExplainQuestion> explain_question(const ExplainArguments& a, const std::string& definition) {
  ExplainQuestion question;
  if (!a.wanted && !(a.layers.empty() && a.axes.empty())) {
    return usage_error({.what = "--layers and --axes say what --explain explains", .expected = "--explain with them"});
  }
  if (!definition.empty() && definition != "all") {
    SG_TRY(question.definition, find_definition(definition));
  }
  if (!a.layers.empty()) {
    SG_TRY(question.blocks, parse_blocks(a.layers, "--layers"));
  }
  return question;
}

Result<Explained> explain_job(Job& job, const ExplainArguments& a, const ExplainQuestion& question,
                              const PromptReading& reading, const Measurement& own, const Common& common) {
  Readings readings = read_all(job, a.axes, reading, own, Console(common));
  std::vector<Measurement> measured(readings.words.size());
  std::vector<ReadMeasurement> all = {{pairs_of(readings.words.front()), &own}};
  for (std::size_t r = 1; r < readings.words.size(); ++r) {
    job.sequences = readings.sequences[r];
    use_precision(job.model, precision_of(readings.words[r]));
    SG_TRY(measured[r], run_job(job, common));
    all.push_back({pairs_of(readings.words[r]), &measured[r]});
  }
  use_precision(job.model, precision_of(readings.words.front()));
  Explained out;
  SG_TRY(out.explanation, explain(question, all));
  if (out.explanation.writers.empty()) return out;
  job.sequences = {readings.sequences.front()[out.explanation.writers_sequence]};
  SG_TRY(MeasuredCloser closer, run_job(job, {.writers = out.explanation.writers}, common));
  out.writers = std::move(closer.writers.front());
  return out;
}

}  // namespace sg
