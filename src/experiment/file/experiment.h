// Experiment: what one TOML file says, read and checked (docs/experiments.md describes every key). Every formula is
// compiled, every name that is referred to exists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "experiment/file/reading.h"
#include "experiment/value/expression.h"
#include "experiment/value/result.h"
#include "experiment/value/sentence.h"
#include "measure/definition.h"
#include "prompts/prompt_file.h"
#include "prompts/suites.h"

namespace sg {

struct ModelEntry {
  std::string key, name, label, hub, zoo;
  std::vector<std::pair<std::string, Value>> facts;  // of the model itself: a stand-in has its own
  std::vector<std::pair<std::string, Value>> role;   // of its part in the study: whoever takes its place has them too
  std::string where;                                 // in the file, for errors
};

// Sources of a column. Names of columns and values are as in the file.
struct FactSource {
  std::string key;
};
struct ModelSource {
  std::string key;  // "rope.theta"
};
enum class GainPart : std::uint8_t { kValue, kStd, kAll, kLow, kHigh };
struct GainSource {
  std::optional<Definition> fixed;  // absent: the experiment's own, which the multiverse varies
  GainPart part = GainPart::kValue;
};
enum class LadderEnds : std::uint8_t { kBlocks, kHiddenStates, kHooks };
struct LadderSource {
  Reduction reduction = Reduction::kLast;
  LadderEnds ends = LadderEnds::kBlocks;
  bool norms = false;  // the norms themselves, not their ratios
};
struct WeightSource {
  std::string role;       // "W_U"; empty: a statistic of the model
  std::string statistic;  // "spectral_norm", "shape"; or "wu_we_ratio"
};
struct LogitsSource {
  std::string key;
};
struct RoutingSource {
  std::string key;  // of ModelRouting, or of PromptRouting
};
struct ExprSource {
  Expression expression;
};
struct TestSource {
  Expression condition;
};
struct EqualsSource {
  std::string column, text;
};
enum class ListOp : std::uint8_t {
  kCountBelow,
  kCountAtLeast,
  kMax,
  kMin,
  kArgMax,
  kProduct,
  kFirst,
  kLast,
  kLength,
  kAbove
};
struct ListSource {
  std::string column;
  ListOp op = ListOp::kFirst;
  double than = 0;
};
struct CasesSource {
  struct Case {
    std::optional<Expression> when;
    std::string is;
  };
  std::vector<Case> cases;
};
struct ConstSource {
  Value value;
};
struct PromptSource {
  enum class What : std::uint8_t { kText, kCategory, kTokens, kColumn };
  What what = What::kText;
  std::string column;  // of kColumn: its name in the file of the prompts
};

enum class StatisticKind : std::uint8_t {
  kPearson,
  kSpearman,
  kRegression,
  kPermutation,
  kChangePoint,
  kMean,
  kMin,
  kMax,
  kCount,
  kShare
};
/// A statistic over rows: models, or prompts.
struct RowStatistic {
  StatisticKind kind = StatisticKind::kMean;
  std::vector<std::string> columns;     // x and y, or one
  std::optional<Expression> condition;  // of count and share
  std::optional<Expression> where;      // rows that are looked at
  std::optional<double> empty;          // a share of no rows
  bool over_prompts = false;            // of a value: rows are all prompts of all models

  /// What it gives: {""} for a number, {"r", "p", ...} for several.
  const std::vector<std::string>& parts() const;
};
/// How the file asks for a statistic, and what it gives.
struct StatisticForm {
  std::string_view word;
  StatisticKind kind;
  enum class Takes : std::uint8_t { kPair, kColumn, kCondition } takes;
  std::vector<std::string> parts;
};
/// Every kind, in the order of the enum.
const std::vector<StatisticForm>& statistic_forms();
struct HolmSource {
  std::vector<std::string> values;  // p values
};

using ColumnSource = std::variant<FactSource, ModelSource, GainSource, LadderSource, WeightSource, LogitsSource,
                                  RoutingSource, ExprSource, TestSource, EqualsSource, ListSource, CasesSource,
                                  RowStatistic, ConstSource, PromptSource>;
struct Column {
  std::string name, title, format;
  ColumnSource source;
  std::string where;  // in the file, for errors
};

using ValueSource = std::variant<ExprSource, RowStatistic, HolmSource>;
struct ValueSpec {
  std::string name, title, format;
  ValueSource source;
  std::string where;
};

struct VerdictRule {
  std::optional<Expression> when;  // absent: always
  std::string label;
  Sentence sentence;
};
struct VerdictSpec {
  std::string name, title;
  std::vector<std::string> needs;
  std::string quantity;  // a value; empty: none
  std::optional<double> reference;
  bool multiverse = true;
  std::vector<VerdictRule> rules;
  std::string where;
};

struct TableSpec {
  std::string title, note;
  std::vector<std::string> columns;
  std::string sort;  // empty: the order of the file
  bool descending = false;
  std::optional<Expression> row_filter;
  bool over_prompts = false;
  std::string where;
};

struct SeriesSpec {
  std::string column, label, color;
  bool right_axis = false;
};
struct ExtraPoint {
  std::string label;
  std::optional<double> x;
  double y = 0;
};
/// A line across the panel at the x that a value says.
struct UprightSpec {
  std::string value, label;
};
inline constexpr const char* kColorByModel = "model";
struct PanelSpec {
  Chart chart;  // what it says besides the data
  std::string x, y, error;
  std::vector<SeriesSpec> series;
  std::vector<ExtraPoint> extra;
  std::optional<Expression> color_condition;
  std::string color_column;  // or kColorByModel
  bool over_prompts = false;
  std::vector<UprightSpec> uprights;
  std::string fit;   // a regression; empty: none
  std::string sort;  // a column
  std::string where;
};
struct FigureSpec {
  std::string name, title;
  std::size_t columns = 2;
  std::vector<PanelSpec> panels;
};

struct ReferenceSpec {
  std::string what, source;
  Value theirs;
  std::optional<Expression> ours;
  std::string where;
};

/// A place of the seed's JSON. Steps of a path are keys from the root down.
struct ResultKey {
  std::vector<std::string> path;
  enum class Kind : std::uint8_t { kLeaf, kList, kObject };
  Kind kind = Kind::kLeaf;
  // Of a leaf, one of them: a name (of a value, a verdict, "started", ...), a formula, or what the file gives.
  std::string name;
  std::optional<Expression> expression;
  Value given = Absent{};
  // Of a list or an object: steps within a model's entry, and the column there.
  struct Each {
    std::vector<std::string> path;
    std::string column;  // "key" is the model's key, "label" its label
  };
  std::vector<Each> each;
  std::vector<std::string> error;  // where a failed model's error goes; empty: such a model is left out
  // Of what is read and never written, since results of other programs look so:
  bool read_only = false;
  bool alternative = false;  // only when nothing above it gave a model
  std::vector<std::string>
      group;  // of a list of measurements: where an entry names its model; its numbers are averaged
  std::vector<std::string> halves;  // of an object of pairs: the keys of the two models of an entry
  std::string where;
};

/// Where the prompts are from and how they are read.
struct PromptUse {
  std::string file;        // read by load_prompts; empty: they stand in the experiment, or are a suite's
  PromptFileOptions keys;  // of the file
  PromptReading reading;   // the experiment's own
  std::vector<Reading> readings = {own_reading({})};  // that the multiverse varies over, the own one first
  std::string group = kCategoryColumn;                // the column whose values are sets of prompts
};

struct Experiment {
  std::string id, title, hypothesis, seed, note;
  std::string definition_text;  // as the file names it
  Definition definition;
  std::vector<GainSpan> spans;  // that the claim can be put to; the multiverse varies over these. Holds the seed's own
  bool roles = false;           // models are compared by name
  std::string zoo_run;          // of the pocket zoo, whose checkpoints stand in for all models; empty: none
  std::string suite;            // a built-in one, or how the file calls its own prompts; empty: no name
  std::vector<Prompt> prompts;
  PromptUse prompt_use;
  std::vector<std::string> weights;  // roles of matrices to measure
  bool logits = false;
  std::vector<ModelEntry> models;
  bool models_are_given = false;  // with the command, in place of the file's
  std::vector<Column> columns, prompt_columns;
  std::vector<ValueSpec> values;
  std::vector<VerdictSpec> verdicts;
  std::vector<TableSpec> tables;
  std::vector<FigureSpec> figures;
  std::vector<ReferenceSpec> references;
  std::vector<ResultKey> results;
  std::string text;                    // of the file, whole
  std::vector<std::string> overrides;  // --set, applied
};

/// The cells of a column: its own name, or one per part of a statistic, "fit.slope".
std::vector<ColumnHead> heads_of(const Column& column);
std::vector<ColumnHead> heads_of(const std::vector<Column>& columns);
std::vector<ColumnHead> heads_of(const ValueSpec& value);

/// A name as expressions can use it: '_' for everything but letters, digits and '_', never a digit first.
std::string expression_name(const std::string& key);

/// A model that came with the command.
ModelEntry given_model(const std::string& key, const std::string& label,
                       std::vector<std::pair<std::string, Value>> facts);

/// Names that every expression over models or the whole experiment may use besides columns and values.
inline constexpr std::string_view kModelCount = "n_models";    // without an error
inline constexpr std::string_view kPromptCount = "n_prompts";  // of the experiment

}  // namespace sg
