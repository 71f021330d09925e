#include <fmt/ranges.h>

#include <algorithm>

#include "experiment/file/parse_parts.h"
#include "experiment/value/field_value.h"

namespace sg {
namespace {

const Words<GainPart> kGainParts = {{"value", GainPart::kValue},
                                    {"std", GainPart::kStd},
                                    {"all", GainPart::kAll},
                                    {"low", GainPart::kLow},
                                    {"high", GainPart::kHigh}};
const Words<LadderEnds> kLadderEnds = {
    {"blocks", LadderEnds::kBlocks}, {"hidden_states", LadderEnds::kHiddenStates}, {"hooks", LadderEnds::kHooks}};
const Words<ListOp> kListOps = {{"count_below", ListOp::kCountBelow},
                                {"count_at_least", ListOp::kCountAtLeast},
                                {"max", ListOp::kMax},
                                {"min", ListOp::kMin},
                                {"argmax", ListOp::kArgMax},
                                {"product", ListOp::kProduct},
                                {"first", ListOp::kFirst},
                                {"last", ListOp::kLast},
                                {"length", ListOp::kLength},
                                {"above", ListOp::kAbove}};
const Words<PromptSource::What> kPromptWords = {{"text", PromptSource::What::kText},
                                                {"category", PromptSource::What::kCategory},
                                                {"tokens", PromptSource::What::kTokens}};
constexpr std::string_view kModelWeightKeys[] = {"wu_we_ratio", "tied_embeddings", "tied_allclose"};

bool known(const auto& all, std::string_view word) {
  return std::find(std::begin(all), std::end(all), word) != std::end(all);
}

/// The key of a field of a row type.
template <FieldRow Row>
std::string field_key(TomlTable& t, std::string_view key) {
  std::string text = t.text(key);
  const std::vector<std::string> all = field_keys<Row>();
  if (!known(all, text)) {
    t.wrong(key, "unknown quantity", fmt::format("one of {}", fmt::join(all, ", ")), "'" + text + "'");
  }
  return text;
}

Reduction parse_reduction(TomlTable& t, std::string_view key) {
  Words<Reduction> words;
  for (const Reduction r : kReductions) words.emplace_back(name(r), r);
  return t.word(key, Reduction::kLast, words);
}

GainSource parse_gain(TomlTable& t) {
  GainSource source;
  const std::string text = t.text("gain");
  if (text != "own") {
    Result<Definition> found = find_definition(text);
    if (found.ok()) {
      source.fixed = found.value();
    } else {
      t.fail("gain", std::move(found).error());
    }
  }
  source.part = t.word("part", GainPart::kValue, kGainParts);
  return source;
}

LadderSource parse_ladder(TomlTable& t, std::string_view key, bool norms) {
  return {
      .reduction = parse_reduction(t, key), .ends = t.word("ends", LadderEnds::kBlocks, kLadderEnds), .norms = norms};
}

WeightSource parse_weight(TomlTable& t) {
  const std::string text = t.text("weight");
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) {
    if (!known(kModelWeightKeys, text)) {
      t.wrong("weight", "unknown statistic",
              fmt::format("MATRIX.STATISTIC or one of {}", fmt::join(kModelWeightKeys, ", ")), "'" + text + "'");
    }
    return {.role = "", .statistic = text};
  }
  const std::string statistic = text.substr(dot + 1);
  const std::vector<std::string> all = field_keys<MatrixStatistics>();
  if (statistic != "shape" && !known(all, statistic)) {
    t.wrong("weight", "unknown statistic of a matrix", fmt::format("one of shape, {}", fmt::join(all, ", ")),
            "'" + statistic + "'");
  }
  return {.role = text.substr(0, dot), .statistic = statistic};
}

EqualsSource parse_equals(TomlTable& t) {
  const std::vector<std::string> pair = t.texts("equals");
  if (pair.size() != 2) {
    t.wrong("equals", "not a comparison", "a column and a text, as [\"norm\", \"RMSNorm\"]",
            std::to_string(pair.size()) + " texts");
    return {};
  }
  return {.column = pair[0], .text = pair[1]};
}

ListSource parse_list(TomlTable& t) {
  ListSource source = {.column = t.text("list"), .op = ListOp::kFirst, .than = 0};
  t.need_text("op");
  source.op = t.word("op", ListOp::kFirst, kListOps);
  const std::optional<double> than = t.number("than");
  const bool compares =
      source.op == ListOp::kCountBelow || source.op == ListOp::kCountAtLeast || source.op == ListOp::kAbove;
  if (compares && !than) t.wrong("op", "nothing to compare with", "than = a number", "no than");
  source.than = than.value_or(0);
  return source;
}

/// A word of ours, or else a column of the file of the prompts.
PromptSource parse_prompt_source(TomlTable& t) {
  const std::string word = t.need_text("prompt");
  for (const auto& [known, what] : kPromptWords) {
    if (known == word) return {.what = what, .column = {}};
  }
  return {.what = PromptSource::What::kColumn, .column = word};
}

CasesSource parse_cases(TomlTable& t) {
  CasesSource source = {t.list("cases", "cases", {}, [](TomlTable& one) {
    CasesSource::Case c = {.when = parse_formula(one, "when"), .is = one.text("is")};
    if (!one.has("is")) one.need_text("is");
    return c;
  })};
  if (source.cases.empty()) t.wrong("cases", "there is no case", "[{when = \"...\", is = \"...\"}]", "none");
  return source;
}

std::optional<RowStatistic> parse_over_prompts(TomlTable& t) {
  std::optional<TomlTable> inner = t.table("over_prompts");
  if (!inner) return std::nullopt;
  std::optional<RowStatistic> statistic = parse_statistic(*inner);
  inner->finish();
  if (!statistic)
    t.wrong("over_prompts", "no statistic", "as in [[values]], {pearson = [\"gain\", \"entropy\"]}", "none");
  return statistic;
}

constexpr std::string_view kSources[] = {"fact",   "model",   "gain",         "ladder", "norms",  "weight",
                                         "logits", "routing", "expr",         "test",   "equals", "list",
                                         "cases",  "const",   "over_prompts", "prompt"};

/// The one source that the table names, or "model" when it names none and is called as a fact of the model; empty after
/// an error.
std::string source_of(TomlTable& t) {
  std::vector<std::string_view> found;
  for (const std::string_view source : kSources) {
    if (t.has(source)) found.push_back(source);
  }
  if (found.size() == 1) return std::string(found.front());
  if (found.empty() && known(field_keys<ModelFacts>(), t.text("name"))) return "model";
  t.wrong("name", "a column has exactly one source", fmt::format("one of {}", fmt::join(kSources, ", ")),
          found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", ")));
  return "";
}

ColumnSource parse_source(TomlTable& t) {
  const std::string source = source_of(t);
  // Asked for in any case, so that a key of another source is known, and then refused by finish when it is out of
  // place.
  if (source == "fact") return FactSource{t.text("fact")};
  if (source == "model") return ModelSource{t.has("model") ? field_key<ModelFacts>(t, "model") : t.text("name")};
  if (source == "gain") return parse_gain(t);
  if (source == "ladder") return parse_ladder(t, "ladder", /*norms=*/false);
  if (source == "norms") return parse_ladder(t, "norms", /*norms=*/true);
  if (source == "weight") return parse_weight(t);
  if (source == "logits") return LogitsSource{field_key<LogitStats>(t, "logits")};
  if (source == "routing") return RoutingSource{t.text("routing")};
  if (source == "expr") {
    if (auto formula = parse_formula(t, "expr")) return ExprSource{*formula};
  }
  if (source == "test") {
    if (auto formula = parse_formula(t, "test")) return TestSource{*formula};
  }
  if (source == "equals") return parse_equals(t);
  if (source == "list") return parse_list(t);
  if (source == "cases") return parse_cases(t);
  if (source == "prompt") return parse_prompt_source(t);
  if (source == "over_prompts") {
    if (auto statistic = parse_over_prompts(t)) return std::move(*statistic);
  }
  return ConstSource{t.value("const")};
}

}  // namespace

bool is_name(const std::string& text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
                              std::string::npos;
}

std::optional<Expression> parse_formula(TomlTable& table, std::string_view key) {
  if (!table.has(key)) return std::nullopt;
  Result<Expression> formula = Expression::parse(table.text(key));
  if (formula.ok()) return std::move(formula).value();
  table.fail(key, std::move(formula).error());
  return std::nullopt;
}

std::string parse_format(TomlTable& table, std::string_view key) {
  std::string format = table.text(key);
  if (!format.empty() && !valid_format(format)) {
    table.wrong(key, "not a format of fmt", "as \"{:.4f}\"", "'" + format + "'");
  }
  return format;
}

std::vector<Column> parse_columns(TomlTable& root, std::string_view key) {
  const std::string called = "[[" + std::string(key) + "]]";
  return root.list(key, called, "name", [&](TomlTable& t) {
    const std::string name = t.need_text("name");
    t.set_name(called + " " + name);
    return Column{.name = name,
                  .title = t.text("title", name),
                  .format = parse_format(t, "format"),
                  .source = parse_source(t),
                  .where = t.place()};
  });
}

}  // namespace sg
