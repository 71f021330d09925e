#include "experiment/value/expression.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <clocale>
#include <cmath>
#include <map>
#include <thread>

#include "experiment/value/sentence.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

const std::map<std::string, Value> kCells = {{"a", 2.0},
                                             {"b", std::int64_t{3}},
                                             {"yes", true},
                                             {"none", Absent{"it rained"}},
                                             {"word", std::string("w")},
                                             {"m.x", 5.0},
                                             {"list", std::vector<double>{1, 2}}};

const Value* look(const std::string& name) {
  const auto found = kCells.find(name);
  return found != kCells.end() ? &found->second : nullptr;
}

Expression formula(const std::string& text) {
  Result<Expression> parsed = Expression::parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return std::move(parsed).value();
}

Value quantity(const std::string& text) { return formula(text).quantity(look); }
bool holds(const std::string& text) { return formula(text).holds(look); }

TEST(Expression, Arithmetic) {
  EXPECT_EQ(quantity("a + b * m.x"), Value(17.0));
  EXPECT_EQ(quantity("-a ^ 2"), Value(-4.0));
  EXPECT_EQ(quantity("2 ^ 3 ^ 2"), Value(512.0));
  EXPECT_EQ(quantity("1e-3 * 2.5e2"), Value(0.25));
  EXPECT_EQ(quantity("a > 1 ? max(a, b) : min(a, b)"), Value(3.0));
  EXPECT_EQ(quantity("yes + 1"), Value(2.0));
  EXPECT_EQ(quantity("8 - 3 - 2"), Value(3.0));
  EXPECT_EQ(quantity("sqrt(abs(-16)) + log(exp(1)) + round(1.4)"), Value(6.0));
}

TEST(Expression, AbsentOperandsGiveTheirReason) {
  EXPECT_EQ(quantity("a + none"), Value(Absent{"it rained"}));
  EXPECT_EQ(quantity("max(1, none)"), Value(Absent{"it rained"}));
  EXPECT_EQ(quantity("word * 2"), Value(Absent{"word is a text"}));
  EXPECT_EQ(quantity("list * 2"), Value(Absent{"list is a list"}));
  EXPECT_EQ(quantity("unheard"), Value(Absent{"there is no unheard"}));
  EXPECT_EQ(quantity("1 / (a - 2)"), Value(Absent{"1 / (a - 2) is not a finite number"}));
  EXPECT_EQ(quantity("defined(none) ? none : 7"), Value(7.0));
}

TEST(Expression, ComparisonsWithAbsentAreFalse) {
  for (const char* op : {"<", "<=", ">", ">=", "==", "!="}) {
    EXPECT_FALSE(holds("none " + std::string(op) + " 1")) << op;
    EXPECT_FALSE(holds("1 " + std::string(op) + " none")) << op;
  }
  EXPECT_TRUE(holds("!(none > 1)"));
  EXPECT_FALSE(holds("none"));
  EXPECT_FALSE(holds("!none"));
  EXPECT_FALSE(holds("none && yes"));
  EXPECT_TRUE(holds("none || yes"));
  EXPECT_TRUE(holds("!defined(none) && defined(a)"));
  EXPECT_TRUE(holds("(a < 1) != (b > 1)"));
}

TEST(Expression, BindsAsItAlwaysDid) {
  EXPECT_EQ(quantity("2 ^ -3"), Value(0.125));
  EXPECT_EQ(quantity("-2 ^ -2"), Value(-0.25));
  EXPECT_EQ(quantity("--a - -a"), Value(4.0));
  EXPECT_EQ(quantity("!a * b + +1"), Value(1.0));
  EXPECT_EQ(quantity("1 < 2 == 1"), Value(1.0));  // from the left, all comparisons alike
  EXPECT_EQ(quantity("3 > 2 > 1"), Value(0.0));
  EXPECT_EQ(quantity("yes || none && none"), Value(Absent{"it rained"}));
  EXPECT_EQ(quantity("0 ? 1 : 0 ? 2 : 3"), Value(3.0));
  EXPECT_EQ(quantity("min(3, a, b) * max(1)"), Value(2.0));
  EXPECT_EQ(quantity(".5 + 5. + 1e1"), Value(15.5));
  EXPECT_EQ(quantity("6 / 3 / 2 * 4 - 1 - 1"), Value(2.0));
  std::string sum = "0";
  for (int i = 0; i < 100000; ++i) sum += " + 1";
  EXPECT_EQ(quantity(sum), Value(100000.0));  // long is not deep
}

TEST(Expression, NamesOnceInOrderAndNeverFunctions) {
  const std::vector<std::string> expected = {"b", "m.x", "max"};
  EXPECT_EQ(formula("min(b, m.x) + b + max + defined(m.x)").names(), expected);
}

TEST(Expression, ErrorsSayWhat) {
  const auto message = [](const std::string& text) {
    const Result<Expression> parsed = Expression::parse(text);
    return parsed.ok() ? std::string("no error") : parsed.error().message();
  };
  EXPECT_NE(message("a +").find("ends where a value should follow"), std::string::npos) << message("a +");
  EXPECT_NE(message("").find("empty"), std::string::npos) << message("");
  EXPECT_NE(message("(a").find("parenthesis"), std::string::npos) << message("(a");
  EXPECT_NE(message("sinh(a)").find("one of abs"), std::string::npos) << message("sinh(a)");
  EXPECT_NE(message("a b").find("'b'"), std::string::npos) << message("a b");
  EXPECT_NE(message("a = 3").find("not a formula"), std::string::npos) << message("a = 3");
  EXPECT_NE(message("a, b").find("not a formula"), std::string::npos) << message("a, b");
  EXPECT_NE(message("defined(a + b)").find("one name"), std::string::npos) << message("defined(a + b)");
  for (const char* text : {"2x", "1..2", "1e", "max()", "abs(1, 2)", "a ? b", "a % b", "a & b", "()", "a ^", "1e999"}) {
    EXPECT_NE(message(text).find("not a formula"), std::string::npos) << text << ": " << message(text);
  }
  for (const char* nest : {"(", "-", "abs(", "1 ? ", "2 ^ "}) {
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += nest;
    EXPECT_NE(message(deep + "1").find("nested deeper than 100"), std::string::npos) << nest;
  }
  EXPECT_NE(message("word == \"x\"").find("no meaning"), std::string::npos);
}

RC_GTEST_PROP(Expression, AnyTextIsAFormulaOrAnError, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab.1e+-*/^()<>=!&|?:, \"\\x7f")));
  const Result<Expression> parsed = Expression::parse(text);
  if (parsed.ok()) {
    (void)parsed.value().quantity(look);
  } else {
    RC_ASSERT(!parsed.error().message().empty());
  }
}

TEST(Expression, AnotherLocaleReadsTheSameNumbers) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed; elsewhere nothing changes
  EXPECT_EQ(quantity("1.5 + a"), Value(3.5));
  std::setlocale(LC_ALL, before.c_str());
}

TEST(Expression, ThreadsShareAFormula) {
  const Expression shared = formula("a * 100 + b");
  std::vector<std::thread> team;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    team.emplace_back([&, t] {
      const Value own = static_cast<double>(t);
      const Value three = 3.0;
      for (int i = 0; i < 2000; ++i) {
        const Value got = shared.quantity([&](const std::string& name) { return name == "a" ? &own : &three; });
        if (!(got == Value(t * 100.0 + 3.0))) ++wrong;
      }
    });
  }
  for (std::thread& one : team) one.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Sentence, FillsValues) {
  const auto fill = [](const std::string& text) {
    const Result<Sentence> s = Sentence::parse(text);
    return s.ok() ? s.value().fill(look) : s.error().message();
  };
  EXPECT_EQ(fill("{a:.1f}x, {b}, {word}, {m.x:.0%}, {yes}"), "2.0x, 3, w, 500%, yes");
  EXPECT_EQ(fill("{{a}} and {b:.2f}"), "{a} and 3.00");
  EXPECT_EQ(fill("{none}"), "(no value: it rained)");
  EXPECT_NE(fill("{a").find("not closed"), std::string::npos);
  EXPECT_NE(fill("a}").find("closes nothing"), std::string::npos);
  EXPECT_NE(fill("{}").find("without a name"), std::string::npos);
  EXPECT_NE(fill("{a:.2q}").find("format"), std::string::npos);
}

}  // namespace
}  // namespace sg
