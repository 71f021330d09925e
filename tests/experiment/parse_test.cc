#include "experiment/file/parse.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "experiment/file/builtin.h"
#include "experiment/value/value.h"
#include "made_up.h"

namespace sg {
namespace {

std::string error_of(const std::string& text, std::vector<std::string> overrides = {}) {
  const Result<Experiment> parsed = parse_experiment(text, "test.toml", overrides);
  return parsed.ok() ? "no error" : parsed.error().message();
}

/// The last of the lines that `made_up::file` writes is 8.
struct Wrong {
  const char* more;
  std::vector<const char*> says;
};

std::string chain(std::size_t parts, const std::string& joint = ".") {
  std::string text = "a";
  for (std::size_t i = 1; i < parts; ++i) text += joint + "a";
  return text;
}

TEST(Parse, NestingIsBoundedBeforeItCostsTheStack) {
  const std::size_t many = 31000;
  std::string braces = "x = 1", brackets(many, '[');
  for (std::size_t i = 0; i < 200; ++i) braces = "a = {" + braces + "}";
  for (const std::string& text :
       {chain(many) + " = 1", "[" + chain(many) + "]", "[[" + chain(many) + "]]", "x = {" + chain(many) + " = 1}",
        "x = [{" + chain(many, " . ") + " = 1}]", chain(many, ".\"b\".'c'.") + " = 1", braces, "x = " + brackets,
        "[" + chain(40) + "]\n" + chain(40) + " = 1"}) {
    const std::string error = error_of("id = \"x\"\n" + text);
    EXPECT_NE(error.find("nested deeper than 64"), std::string::npos) << error.substr(0, 200);
    EXPECT_NE(error.find("test.toml, line "), std::string::npos) << error.substr(0, 200);
  }
  // Points in texts, comments and numbers are no keys.
  const std::string points(many, '.');
  EXPECT_EQ(error_of(made_up::file("[[columns]]\nname = \"x\" # " + points + "\ntitle = \"\\\"" + points +
                                   "\"\nconst = [1.5, 2.5, 3.5]\n[[columns]]\nname = 'y'\ntitle = \"\"\"\n\"\" " +
                                   points + "\n\"\"\"\nconst = '''" + points + "'''\n")),
            "no error");
  EXPECT_NE(error_of(made_up::file(""), {chain(many) + "=1"}).find("nested too deep"), std::string::npos);
  EXPECT_EQ(error_of(made_up::file(""), {"title={" + chain(many) + "=1}"}), "no error");  // no TOML, so a text
  const std::string path = error_of(made_up::file("[[results.keys]]\npath = \"" + chain(many) + "\"\ntext = \"v\"\n"));
  EXPECT_NE(path.find("not a path"), std::string::npos) << path.substr(0, 200);
  EXPECT_NE(
      error_of(made_up::file("[[columns]]\nname = \"x\"\nexpr = \"" + std::string(many, '(') + "1\"")).find("100"),
      std::string::npos);
}

/// One experiment as a list of tables, and as tables under one heading.
TEST(Parse, NamedTablesSayWhatListsOfTablesSay) {
  const std::string list = R"([[models]]
key = "a-1.4b"
hub = "org/a"
facts = {z = 1, b = 2}
[[models]]
key = "a"
[[columns]]
name = "z"
title = "Z"
gain = "own"
[[columns]]
name = "n_layers"
model = "n_layers"
[[columns]]
name = "a"
expr = "z + n_layers"
[[values]]
name = "v"
mean = "a"
[[verdicts]]
name = "V"
[[verdicts.rules]]
label = "A"
[[tables]]
title = "T t"
columns = ["z"]
[[references]]
what = "w w"
value = 3
source = "s"
[results]
[[results.keys]]
path = "models{}"
each = {"x.y" = "z"}
[[results.keys]]
path = "a.b"
text = "t"
)";
  const std::string named = R"([models]
"a-1.4b" = {hub = "org/a", facts = {z = 1, b = 2}}
a = {}
[columns]
z = {title = "Z", gain = "own"}
n_layers = {}
a = {expr = "z + n_layers"}
[values]
v = {mean = "a"}
[verdicts.V]
rules = [{label = "A"}]
[tables]
"T t" = {columns = ["z"]}
[references]
"w w" = {value = 3, source = "s"}
[results.keys]
"models{}" = {each = {"x.y" = "z"}}
"a.b" = {text = "t"}
)";
  const auto spell = [](const Experiment& e) {
    std::string text;
    for (const ModelEntry& m : e.models) {
      text += m.key + m.name + m.hub;
      for (const auto& [key, value] : m.facts) text += key + show(value, "");
    }
    for (const Column& c : e.columns) {
      text += " " + c.name + c.title + std::to_string(c.source.index());
      if (const auto* fact = std::get_if<ModelSource>(&c.source)) text += fact->key;
      if (const auto* formula = std::get_if<ExprSource>(&c.source)) text += formula->expression.text();
    }
    text += e.values.at(0).name + e.verdicts.at(0).name + e.verdicts[0].rules.at(0).label + e.tables.at(0).title +
            e.references.at(0).what;
    for (const ResultKey& key : e.results) {
      for (const std::string& step : key.path) text += "/" + step;
    }
    return text + show(e.results.at(1).given, "") + e.results.at(0).each.at(0).column;
  };
  EXPECT_EQ(spell(made_up::experiment(list)), spell(made_up::experiment(named)));
  // --set enters both, through keys with dots too, and adds at the end.
  for (const std::string& form : {list, named}) {
    const std::vector<std::string> changes = {"models.a-1.4b.hub=mine", "columns.z.gain=last/end_to_end"};
    const Result<Experiment> set = parse_experiment(made_up::file(form), "test.toml", changes);
    ASSERT_TRUE(set.ok()) << set.error().message();
    EXPECT_EQ(set.value().models[0].hub, "mine");
    EXPECT_TRUE(std::get<GainSource>(set.value().columns[0].source).fixed.has_value());
  }
  const std::vector<std::string> added = {"columns.more.expr=\"a + 1\""};
  const Result<Experiment> more = parse_experiment(made_up::file(named), "test.toml", added);
  ASSERT_TRUE(more.ok()) << more.error().message();
  EXPECT_EQ(more.value().columns.back().name, "more");
  const auto says = [](const std::string& text, const std::string& what) {
    const std::string error = error_of(made_up::file(text));
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  says("[columns]\nx = {name = \"y\", const = 1}", "two names");
  says("[columns]\nx = 3", "x = {...}");
  says("[columns]\nx = {}", "exactly one source");
  says("[columns]\nx = {expr = \"q\"}", "line 10: [[columns]] x");
}

TEST(Parse, FormatsAskForAModestWidth) {
  for (const char* format : {"{:.1000000000f}", "{:1000000000}", "{:0>100d}"}) {
    const std::string error =
        error_of(made_up::file("[[columns]]\nname = \"x\"\nconst = 1\nformat = \"" + std::string(format) + "\""));
    EXPECT_NE(error.find("not a format"), std::string::npos) << error;
  }
  EXPECT_EQ(error_of(made_up::file("[[columns]]\nname = \"x\"\nconst = 1\nformat = \"{:99.17f}1000\"")), "no error");
  const std::string sentence =
      error_of(made_up::file("[[values]]\nname = \"v\"\nexpr = \"1\"\n[[verdicts]]\nname = \"w\"\n"
                             "[[verdicts.rules]]\nlabel = \"A\"\nsentence = \"{v:.1000000f}\""));
  EXPECT_NE(sentence.find("format"), std::string::npos) << sentence;
}

TEST(Parse, ErrorsNameTheLineAndWhatWasExpected) {
  const std::vector<Wrong> all = {
      {"[[columns]]\nname = \"x\"\nexpr = \"y + 1\"", {"test.toml, line 9", "[[columns]] x", "'y'", "unknown name"}},
      {"[[columns]]\nname = \"x\"\nexpr = \"1 +\"", {"line 11", "x, expr", "not a formula"}},
      {"[[columns]]\nname = \"x\"\ngian = \"own\"", {"exactly one source", "none"}},
      {"[[columns]]\nname = \"x\"\ngain = \"own\"\npart = \"half\"",
       {"line 12", "value, std, all, low, high", "'half'"}},
      {"[[columns]]\nname = \"x\"\ngain = \"own\"\nend = 3", {"line 12", "unknown key 'end'", "format, ", "part"}},
      {"[[columns]]\nname = \"x\"\ngain = \"own\"\nexpr = \"1\"", {"exactly one source", "gain, expr"}},
      {"[[columns]]\nname = \"x\"\ngain = \"lats/last_block\"", {"line 11", "unknown reduction", "mean_skip_first"}},
      {"[[columns]]\nname = \"x\"\nmodel = \"n_head\"", {"n_heads", "'n_head'"}},
      {"[[columns]]\nname = \"x\"\nweight = \"W_U.norm\"", {"spectral_norm", "'norm'"}},
      {"[[columns]]\nname = \"x\"\nweight = \"W_Q.spectral_norm\"", {"W_Q", "not measured"}},
      {"[[columns]]\nname = \"x\"\nlist = \"x\"\nop = \"first\"", {"unknown column", "'x'"}},
      {"[[columns]]\nname = \"l\"\nladder = \"last\"\n[[columns]]\nname = \"x\"\nlist = \"l\"\nop = \"above\"",
       {"nothing to compare with"}},
      {"[[columns]]\nname = \"x\"\nconst = 1\n[[columns]]\nname = \"x\"\nconst = 2", {"line 12", "second column"}},
      {"[[columns]]\nname = 3\nconst = 1", {"line 10", "a text", "an integer"}},
      {"[[columns]]\nname = \"x\"\nconst = 1\nformat = \"{:.2q}\"", {"line 12", "format of fmt"}},
      {"[[columns]]\nname = \"x\"\nprompt = \"text\"", {"quantity of a prompt"}},
      {"[[prompt_columns]]\nname = \"x\"\nladder = \"last\"", {"quantity of a model"}},
      {"[[values]]\nname = \"v\"\nexpr = \"nobody.gain\"", {"line 9", "'nobody.gain'"}},
      {"[[values]]\nname = \"v\"\npearson = [\"a\", \"b\"]", {"unknown column", "'a'"}},
      {"[[values]]\nname = \"v\"\npearson = [\"a\"]", {"not a pair", "1 columns"}},
      {"[[values]]\nname = \"v\"", {"exactly one source"}},
      {"[[verdicts]]\nname = \"v\"", {"there is no rule"}},
      {"[[verdicts]]\nname = \"v\"\n[[verdicts.rules]]\nlabel = \"A\"\n[[verdicts.rules]]\nlabel = \"B\"",
       {"line 14", "no rule can follow"}},
      {"[[verdicts]]\nname = \"v\"\n[[verdicts.rules]]\nlabel = \"A\"\nsentence = \"{q}\"", {"'q'", "n_models"}},
      {"[[tables]]\ntitle = \"t\"\ncolumns = [\"q\"]", {"line 9", "'q'"}},
      {"[[figures]]\nname = \"f\"\n[[figures.panels]]\nkind = \"pie\"\ny = \"x\"", {"bars, scatter, lines", "'pie'"}},
      {"[[figures]]\nname = \"f\"\n[[figures.panels]]\nkind = \"bars\"\ny = \"x\"", {"'x'"}},
      {"[results]\n[[results.keys]]\npath = \"a\"\nvalue = \"v\"", {"line 10", "'v'", "model_keys"}},
      {"[results]\n[[results.keys]]\npath = \"a..b\"\ntext = \"v\"", {"not a path"}},
      {"[results]\n[[results.keys]]\npath = \"a[]\"\neach = {k = \"c\"}", {"unknown column", "'c'"}},
      {"[[models]]\nkey = \"a\"\n[[models]]\nkey = \"a\"", {"line 11", "two models"}},
      {"[[model]]\nkey = \"a\"", {"line 9", "unknown key 'model'", "models"}},
      {"x = [1", {"not TOML", "line 9"}},
  };
  for (const Wrong& wrong : all) {
    const std::string message = error_of(made_up::file(wrong.more));
    for (const char* part : wrong.says) {
      EXPECT_NE(message.find(part), std::string::npos) << "in: " << message << "\nnot: " << part;
    }
  }
}

TEST(Parse, TopLevelIsChecked) {
  EXPECT_NE(
      error_of("id = \"a b\"\ntitle = \"t\"\ndefinition = \"notebook-003\"\n[prompts]\ntexts = [\"a\"]").find("line 1"),
      std::string::npos);
  EXPECT_NE(error_of("id = \"a\"\ntitle = \"t\"\ndefinition = \"notebook-003\"").find("there are no prompts"),
            std::string::npos);
  EXPECT_NE(error_of(made_up::file("", "suite = \"none\"")).find("notebook-003"), std::string::npos);
  EXPECT_NE(error_of(made_up::file("", "suite = \"notebook-003\"\ntexts = [\"a\"]")).find("several"),
            std::string::npos);
}

TEST(Parse, PromptsInGroupsCarryTheirCategory) {
  const Experiment e =
      made_up::experiment("",
                          "name = \"sums\"\ngroups = [{category = \"seen\", prompts = [\"a\", \"b\"]}, "
                          "{category = \"held-out\", prompts = [\"c\"]}]");
  EXPECT_EQ(e.suite, "sums");
  ASSERT_EQ(e.prompts.size(), 3u);
  EXPECT_EQ(e.prompts[1].text + column(e.prompts[1], kCategoryColumn), "bseen");
  EXPECT_EQ(e.prompts[2].text + column(e.prompts[2], kCategoryColumn), "cheld-out");
  EXPECT_NE(error_of(made_up::file("", "groups = [{category = \"seen\"}]")).find("without prompts"), std::string::npos);
  EXPECT_NE(error_of(made_up::file("", "texts = []")).find("which prompts"), std::string::npos);
  EXPECT_NE(error_of(made_up::file("", "suite = \"notebook-003\"\nname = \"x\"")).find("own name"), std::string::npos);
}

TEST(Parse, SpansThatTheClaimCanBePutTo) {
  const Experiment all = made_up::experiment("");
  EXPECT_EQ(all.spans.size(), kGainSpans.size());
  const std::string text = made_up::file("", "texts = [\"a b\"]");
  const auto with_spans = [&](const std::string& spans) { return "spans = " + spans + "\n" + text; };
  const auto parsed = parse_experiment(with_spans("[\"last_block_and_norm\", \"last_block\"]"), "test.toml");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed.value().spans, (std::vector<GainSpan>{GainSpan::kLastBlockAndNorm, GainSpan::kLastBlock}));
  const std::string unknown = error_of(with_spans("[\"last_block\", \"blocks\"]"));
  EXPECT_NE(unknown.find("test.toml, line 1: top level, spans"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("end_to_end_and_norm"), std::string::npos) << unknown;
  EXPECT_NE(error_of(with_spans("[\"last_block\", \"last_block\"]")).find("given twice"), std::string::npos);
  for (const char* without : {"[\"first_block\"]", "[]"}) {
    const std::string message = error_of(with_spans(without));
    EXPECT_NE(message.find("line 1"), std::string::npos) << message;
    EXPECT_NE(message.find("last_block, the span of definition"), std::string::npos) << message;
  }
  // A definition that --set chooses is held to the same.
  EXPECT_NE(error_of(with_spans("[\"last_block\"]"), {"definition=last/first_block"}).find("first_block, the span"),
            std::string::npos);
}

TEST(Parse, LogitsMustBeMeasured) {
  const std::string text =
      "id = \"a\"\ntitle = \"t\"\ndefinition = \"notebook-003\"\n[prompts]\ntexts = [\"a\"]\n[[columns]]\nname = "
      "\"e\"\n"
      "logits = \"entropy\"";
  EXPECT_NE(error_of(text).find("logits = true"), std::string::npos);
  EXPECT_EQ(error_of(text, {"measure.logits=true"}), "no error");
}

TEST(Parse, OverridesReplaceWhatTheFileSays) {
  const std::string text = made_up::file("[[models]]\nkey = \"a-1.5b\"\nhub = \"x/y\"\nfacts = {context = 4}");
  const std::vector<std::string> overrides = {"definition=notebook-001", "prompts.suite=notebook-003",
                                              "models.a-1.5b.facts.context=8", "models.0.hub=z/w", "title=\"Another\""};
  const Result<Experiment> parsed = parse_experiment(text, "test.toml", overrides);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const Experiment& e = parsed.value();
  EXPECT_EQ(e.definition.reduction, Reduction::kMean);
  EXPECT_EQ(e.prompts.size(), 25u);
  EXPECT_EQ(e.models.at(0).facts.at(0).second, Value(std::int64_t{8}));
  EXPECT_EQ(e.models.at(0).hub, "z/w");
  EXPECT_EQ(e.title, "Another");
  EXPECT_EQ(e.text, text);
  EXPECT_NE(error_of(text, {"nothing"}).find("key=value"), std::string::npos);
  EXPECT_NE(error_of(text, {"models.zz.hub=1"}).find("leads nowhere"), std::string::npos);
  EXPECT_NE(error_of(text, {"models.0.hub=1"}).find("test.toml, --set"), std::string::npos);
}

TEST(Parse, KeepsTheOrderOfKeys) {
  const Experiment e = made_up::experiment(
      "[[columns]]\nname = \"c\"\nconst = 1\n[results]\n[[results.keys]]\npath = \"m[]\"\n"
      "each = {z = \"c\", a = \"key\", \"m.n\" = \"c\"}");
  ASSERT_EQ(e.results.at(0).each.size(), 3u);
  EXPECT_EQ(e.results[0].each[0].path, std::vector<std::string>{"z"});
  EXPECT_EQ(e.results[0].each[1].path, std::vector<std::string>{"a"});
  EXPECT_EQ(e.results[0].each[2].path, (std::vector<std::string>{"m", "n"}));
}

TEST(Builtin, EveryExperimentIsRead) {
  const auto all = builtin_experiments();
  EXPECT_GE(all.size(), 8u);
  for (const BuiltinExperiment& one : all) {
    const Result<Experiment> parsed = parse_experiment(std::string(one.text), std::string(one.name) + ".toml");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(parsed.value().id, one.name);
    EXPECT_FALSE(parsed.value().verdicts.empty()) << one.name;
    EXPECT_FALSE(parsed.value().results.empty()) << one.name;
    // Every one of them speaks of the last layer.
    const auto& spans = parsed.value().spans;
    for (const GainSpan span : {GainSpan::kFirstBlock, GainSpan::kFinalNorm, GainSpan::kEndToEnd}) {
      EXPECT_EQ(std::count(spans.begin(), spans.end(), span), 0) << one.name << ": " << name(span);
    }
  }
}

TEST(Builtin, UnknownNameListsThem) {
  const auto found = find_experiment("no-such-thing");
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message().find("head-density"), std::string::npos);
}

}  // namespace
}  // namespace sg
