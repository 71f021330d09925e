// Row types of an experiment's outcome: all numbers, labels and charts, resolved. `experiment` fills them, `report`
// writes them; neither computes what the other owns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "experiment/value/chart.h"
#include "measure/row.h"

namespace sg {

/// Why there is no value. Written as null with the reason beside it, never as NaN or 0.
struct Absent {
  std::string why;
  bool operator==(const Absent&) const = default;
};

/// Pairs such as (layer, gain), as the notebooks store them.
using Pairs = std::vector<std::pair<std::int64_t, double>>;

/// What a column, a value or a fact can be. Lists of numbers are ladders and norms, per layer or per prompt.
using Value = std::variant<Absent, bool, std::int64_t, double, std::string, std::vector<double>,
                           std::vector<std::int64_t>, std::vector<std::string>, Pairs>;

/// A column of a table for people: what it holds and how it is written.
struct ColumnHead {
  std::string name;    // in expressions and under "columns" of results.json
  std::string title;   // for people
  std::string format;  // of fmt, for a number: "{:.4f}"; empty: six digits
};

/// The checkpoint that was measured under a model's key, which need not be the one that the key names. Nothing of it
/// depends on where the file lies.
struct MeasuredModel {
  std::string id;  // the name of its file or folder, without an extension
  std::string family, dtype, fingerprint;
  std::size_t layers = 0, width = 0;
  std::uint64_t parameters = 0;
  std::string stands_for;  // the study's model whose place it takes in formulas, for people; empty: none
};

/// How the error of a model begins that was not found here, though the Hub may have it; what fetches it follows.
inline constexpr const char* kNotHere = "not on this machine";

/// One model's row, or one prompt's.
struct ResultRow {
  std::string key;                             // of the model: "pythia-70m"
  std::string label;                           // for people: "Pythia-70M"
  std::optional<std::string> error;            // why this model has no columns; the others go on
  std::vector<Value> cells;                    // by column
  std::optional<MeasuredModel> measured = {};  // of ExperimentResult::models alone; absent: no checkpoint was opened
};

struct ResultTable {
  std::string title;
  std::string note;  // one sentence under the table; empty: none
  std::vector<ColumnHead> columns;
  std::vector<ResultRow> rows;
};

/// A value of the whole experiment: a ratio, a correlation, a rate.
struct NamedValue {
  std::string name;
  std::string title;
  std::string format;
  Value value;
  std::string method;  // "Pearson, two-sided exact t, n = 8"
};

/// A number that the seed reports, cited, beside ours where there is one.
struct ReferenceValue {
  std::string what, source;
  Value theirs, ours;
};

/// One point of the multiverse: a definition, the prompts it was evaluated over, what it concludes.
struct Universe {
  std::string reduction, span, pooling;
  std::string prompts;             // "all" or a category
  std::string special;             // tokens around the texts; empty: the experiment does not vary them
  std::string chat;                // "raw" or "chat"; likewise
  std::string precision;           // as if in which type; likewise
  std::string label;               // of the verdict; empty where it could not be evaluated
  std::string why_absent;          // then
  std::optional<double> quantity;  // the verdict's leading number, for the specification curve
};

/// What a universe chooses, in the order in which people are told.
struct UniverseChoice {
  const char* name;
  std::string Universe::*word;
  bool measured = false;  // each of its words is another measurement, which an experiment may leave out
};
inline constexpr UniverseChoice kUniverseChoices[] = {
    {"reduction", &Universe::reduction},      {"span", &Universe::span},
    {"pooling", &Universe::pooling},          {"prompts", &Universe::prompts},
    {"special", &Universe::special, true},    {"chat", &Universe::chat, true},
    {"precision", &Universe::precision, true}};
/// Whether the universes make it.
inline bool is_made(const UniverseChoice& choice, const std::vector<Universe>& universes) {
  const auto names = [&](const Universe& u) { return !(u.*choice.word).empty(); };
  return !choice.measured || std::any_of(universes.begin(), universes.end(), names);
}

/// Which single choice turns the verdict: the seed's definition with one part replaced.
struct Flip {
  std::string choice;  // a name of kUniverseChoices
  std::string from, to, label;
};

/// Two choices that turn it together and not alone, both with the label that they lead to.
struct FlipPair {
  Flip first, second;
};

struct Multiverse {
  std::vector<Universe> universes;
  std::size_t evaluated = 0;  // universes with a label
  std::size_t agreeing = 0;   // of them, those with the seed's label
  std::vector<Flip> flips;
  std::vector<FlipPair> pairs;
  std::string quantity_title;       // of Universe::quantity
  std::optional<double> reference;  // the line it is compared with: 1 for gains
};

struct Verdict {
  std::string name;      // "H25"
  std::string title;     // "Dimensional Crowding"
  std::string label;     // "VALIDATED", as the seed writes it; empty where it could not be evaluated
  std::string sentence;  // why, with its numbers; or why there is no label
  std::string rule;      // the condition that decided
  Multiverse multiverse;
};

/// A prompt as it was given to the models.
struct PromptText {
  std::string text, category;
  std::string id = {};
  Columns columns = {};
};

/// results.json as the seed wrote it: a tree, since every seed has its own keys.
struct Tree {
  std::string key;        // empty in a list
  Value leaf = Absent{};  // when there are no children
  bool object = false, list = false;
  std::vector<Tree> children;  // in order
};

struct ExperimentResult {
  std::string id, title, hypothesis, seed;
  std::string definition;                // the seed's own
  std::string reduction, span, pooling;  // its parts; empty for an experiment without gains
  std::string suite;                     // of the prompts; empty when the file lists them itself
  std::vector<PromptText> prompt_texts;  // in order
  std::string text;                      // the experiment file, whole
  std::string started;                   // ISO 8601, UTC; the only thing that differs between equal runs
  EngineFacts engine;
  bool pocket = false;  // models of the pocket zoo: the report opens with what may not be concluded
  std::string pocket_note;
  ResultTable models;   // every column of every model
  ResultTable prompts;  // every column of every prompt; empty when the experiment has none
  std::vector<std::vector<std::size_t>> prompt_tokens;  // by model and prompt; empty for one that was not measured
  std::vector<ResultTable> tables;                      // as the seed printed them
  std::vector<NamedValue> values;
  std::vector<Verdict> verdicts;
  std::vector<ReferenceValue> references;
  std::vector<Figure> figures;
  Tree seed_results;                 // the keys of the notebook's own JSON
  std::vector<std::string> notices;  // skipped models, roles filled in order, seeds' traps that were met
  std::size_t failed = 0;            // models with an error
};

}  // namespace sg
