#include "experiment/file/parse.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "experiment/file/builtin.h"
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
  EXPECT_EQ(e.prompts[1].text + e.prompts[1].category, "bseen");
  EXPECT_EQ(e.prompts[2].text + e.prompts[2].category, "cheld-out");
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
