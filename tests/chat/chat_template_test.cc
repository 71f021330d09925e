// Texts equal to those of transformers' apply_chat_template on published templates and on each construct alone
// (oracle/make_chat_goldens.py), and what must be refused.
#include "chat/chat_template.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <string>

namespace sg {
namespace {

namespace dom = simdjson::dom;

class Golden {
 public:
  explicit Golden(const std::string& name) {
    root_ = parser_.load(std::string(SG_TEST_DATA) + "/chat/" + name);
    ::setenv("SOURCE_DATE_EPOCH", std::to_string(std::int64_t(root_["moment"])).c_str(), 1);
    ::setenv("TZ", "UTC", 1);
  }
  dom::element operator[](const char* key) const { return root_[key]; }
  ChatRequest request(std::size_t conversation, bool generation_prompt) const {
    ChatRequest request;
    request.messages = simdjson::minify(root_["conversations"].at(conversation).value());
    for (const auto& [name, text] : dom::object(root_["tokens"])) {
      request.tokens.emplace_back(name, std::string_view(text));
    }
    request.generation_prompt = generation_prompt;
    return request;
  }

 private:
  dom::parser parser_;
  dom::element root_;
};

/// The text, or "error: " and its message.
std::string rendered(std::string_view source, const ChatRequest& request) {
  const Result<ChatTemplate> made = ChatTemplate::parse(source, "template");
  if (!made.ok()) return "error: " + made.error().message();
  const Result<ChatText> text = made.value().render(request);
  return text.ok() ? text.value().text : "error: " + text.error().message();
}

void expect_same(std::string_view source, const ChatRequest& request, const dom::element& wanted) {
  const std::string got = rendered(source, request);
  std::string_view text;
  if (wanted["text"].get(text) == simdjson::SUCCESS) {
    EXPECT_EQ(got, text);
  } else {
    EXPECT_TRUE(got.starts_with("error: ")) << got;
  }
}

TEST(ChatTemplate, EveryConstructIsAsTheReferencesOwn) {
  const Golden golden("rules.json");
  std::size_t count = 0;
  for (const dom::element rule : dom::array(golden["rules"])) {
    const std::string_view source = rule["template"];
    SCOPED_TRACE(source);
    expect_same(source, golden.request(3, true), rule);
    ++count;
  }
  EXPECT_GT(count, 40u);
}

TEST(ChatTemplate, PublishedTemplatesGiveTheReferencesTexts) {
  const Golden golden("templates.json");
  std::size_t templates = 0, texts = 0;
  for (const dom::element one : dom::array(golden["templates"])) {
    ++templates;
    SCOPED_TRACE(std::string_view(one["source"]));
    SCOPED_TRACE(std::string_view(one["name"]));
    for (const dom::element wanted : dom::array(one["texts"])) {
      const std::size_t conversation = std::uint64_t(wanted["conversation"]);
      SCOPED_TRACE(conversation);
      expect_same(one["template"], golden.request(conversation, bool(wanted["generation_prompt"])), wanted);
      texts += wanted["text"].error() == simdjson::SUCCESS ? 1 : 0;
    }
  }
  EXPECT_GE(templates, 20u);
  EXPECT_GE(texts, 6 * templates);
}

const ChatRequest kHello = {.messages = R"([{"role": "user", "content": "hello"}])"};

TEST(ChatTemplate, WhatIsNotSupportedIsNamedWithItsLine) {
  const std::pair<const char*, const char*> kCases[] = {
      {"\n{% include 'x' %}", "include"},
      {"\n{{ messages | groupby('role') }}", "groupby"},
      {"\n{{ messages is sameas 1 }}", "sameas"},
      {"\n{{ 'a'.format(1) }}", "format"},
      {"\n{{ cycler(1) }}", "cycler"},
      {"\n{{ messages.append(1) }}", "append"},
      {"\n{% for x in messages recursive %}{% endfor %}", "recursive"},
      {"\n{% if true %}", "endif"},
      {"\n{{ raise_exception('only ' ~ messages[0].role) }}", "only user"},
      {"\n{{ x.y }}", "'x'"},
  };
  for (const auto& [source, named] : kCases) {
    const std::string got = rendered(source, kHello);
    EXPECT_NE(got.find(named), std::string::npos) << got;
    EXPECT_NE(got.find("line 2"), std::string::npos) << got;
  }
}

TEST(ChatTemplate, NothingRunsOrGrowsWithoutEnd) {
  ChatRequest request = kHello;
  request.limits = {.steps = 100'000, .bytes = 1'000'000};
  std::string nested = "1", chain = "{{ 1";
  for (int i = 0; i < 20'000; ++i) nested = "(" + nested + ")";
  for (int i = 0; i < 20'000; ++i) chain += " ~ 1";
  const std::string kCases[] = {
      "{% for a in range(1000000000) %}{% endfor %}",
      "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{{ 'x' * 1000000000 }}",
      "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(1000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
      "{{ 'a' | replace('a', 'x' * 1000) | replace('x', 'y' * 1000000) }}",
      "{{ " + nested + " }}",
      chain + " }}",
      "{{ " + std::string(20'000, '-') + "1 }}",
      "{{ 9223372036854775807 + 1 }}",
  };
  for (const std::string& source : kCases) {
    EXPECT_TRUE(rendered(source, request).starts_with("error: ")) << source.substr(0, 80);
  }
}

TEST(ChatTemplate, ATemplateThatAsksForTheDateSaysSo) {
  EXPECT_TRUE(ChatTemplate::parse("{{ strftime_now('%Y') }}", "t").value().render(kHello).value().reads_date);
  EXPECT_FALSE(ChatTemplate::parse("{{ messages[0].content }}", "t").value().render(kHello).value().reads_date);
}

}  // namespace
}  // namespace sg
