// Tokenizer speed: bytes of text per second, and the time to build a vocabulary of Gemma's size. Every text is
// checked against the stored reference ids before it is timed.
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "base/counter_rng.h"
#include "tokenizer/tokenizer.h"

namespace {

constexpr std::size_t kTextBytes = 1 << 20;
constexpr std::size_t kGemmaTokens = 262144;

std::string read(const std::string& name) {
  std::ifstream file(std::string(SG_TEST_DATA "/tokenizer/") + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

simdjson::dom::element parse(simdjson::dom::parser& parser, const std::string& json) { return parser.parse(json); }

/// The golden texts again and again, in a seeded order so that nothing is periodic, 1 MiB in all.
std::string mixed_text() {
  simdjson::dom::parser parser;
  const std::string json = read("texts.json");
  const simdjson::dom::array texts = parse(parser, json)["texts"];
  const sg::CounterRng rng(1);
  std::string out;
  for (std::uint64_t i = 0; out.size() < kTextBytes; ++i) {
    const std::string_view text = texts.at(rng.below(i, texts.size()));
    if (text.size() <= 100) out.append(text).append(" ");
  }
  return out;
}

/// False when an id differs from the golden.
bool agrees(const sg::Tokenizer& tokenizer, simdjson::dom::element golden) {
  simdjson::dom::parser parser;
  const std::string json = read("texts.json");
  const simdjson::dom::array texts = parse(parser, json)["texts"];
  const simdjson::dom::array all = golden["ids"];
  std::size_t i = 0;
  for (const simdjson::dom::element expected : all) {
    const auto ids = tokenizer.encode(texts.at(i++).get_string());
    std::vector<std::int32_t> wanted;
    const simdjson::dom::array listed = expected;
    for (const std::int64_t id : listed) wanted.push_back(static_cast<std::int32_t>(id));
    if (!ids.ok() || ids.value() != wanted) return false;
  }
  return true;
}

void encode(benchmark::State& state, const char* file) {
  simdjson::dom::parser parser;
  const std::string json = read(file);
  const simdjson::dom::element golden = parse(parser, json);
  const auto tokenizer = sg::Tokenizer::from_json(simdjson::minify(golden["tokenizer"].value()), file);
  if (!tokenizer.ok() || !agrees(tokenizer.value(), golden))
    return state.SkipWithError("ids differ from the reference");
  const std::string text = mixed_text();
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.value().encode(text).value().size());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

/// A vocabulary of Gemma's size: 256 byte tokens, letters, and concatenations of two earlier tokens.
struct LargeVocab {
  std::vector<std::string> tokens;
  std::vector<std::string_view> views;
  std::vector<double> scores;
  std::vector<std::int64_t> types;

  LargeVocab() {
    std::unordered_map<std::string, bool> known;
    const auto add = [&](const std::string& token, std::int64_t type) {
      if (!known.emplace(token, true).second) return;
      tokens.push_back(token);
      types.push_back(type);
      scores.push_back(type == 1 ? -static_cast<double>(tokens.size()) : 0);
    };
    add("<unk>", 2);
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (std::size_t byte = 0; byte < 256; ++byte) add({'<', '0', 'x', kHex[byte / 16], kHex[byte % 16], '>'}, 6);
    const std::size_t first = tokens.size();
    add("\u2581", 1);
    for (char c = '!'; c <= '~'; ++c) add(std::string(1, c), 1);
    const sg::CounterRng rng(2);
    for (std::uint64_t i = 0; tokens.size() < kGemmaTokens; ++i) {
      const auto pick = [&](std::uint64_t at) { return tokens[first + rng.below(at, tokens.size() - first)]; };
      const std::string joined = pick(2 * i) + pick(2 * i + 1);
      if (joined.size() <= 16) add(joined, 1);
    }
    views.assign(tokens.begin(), tokens.end());
  }
  sg::GgufVocab gguf() const {
    return {.model = "llama", .pre = "default", .tokens = views, .scores = scores, .token_types = types, .unknown = 0};
  }
  /// The same vocabulary as tokenizer.json, every split of a token into two tokens a merge.
  std::string json() const {
    std::unordered_map<std::string_view, bool> known;
    for (const std::string_view token : views) known.emplace(token, true);
    const auto quoted = [](std::string_view text) {
      std::string out = "\"";
      for (const char c : text) out.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
      return out + "\"";
    };
    std::string vocab, merges;
    for (std::size_t i = 0; i < views.size(); ++i) {
      vocab += (i == 0 ? "" : ",\n") + quoted(views[i]) + ": " + std::to_string(i);
      if (types[i] != 1) continue;
      for (std::size_t cut = 1; cut < views[i].size(); ++cut) {
        const std::string_view left = views[i].substr(0, cut), right = views[i].substr(cut);
        if (known.count(left) == 0 || known.count(right) == 0) continue;
        merges += (merges.empty() ? "[" : ",\n[") + quoted(left) + ", " + quoted(right) + "]";
      }
    }
    return R"({"model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {)" + vocab +
           "}, \"merges\": [" + merges + "]}}";
  }
};

const LargeVocab& large_vocab() {
  static const LargeVocab vocab;
  return vocab;
}

void construct_gguf(benchmark::State& state) {
  const sg::GgufVocab vocab = large_vocab().gguf();
  for (auto _ : state) benchmark::DoNotOptimize(sg::Tokenizer::from_gguf(vocab, "bench").value().size());
}

void construct_json(benchmark::State& state) {
  const std::string json = large_vocab().json();
  for (auto _ : state) benchmark::DoNotOptimize(sg::Tokenizer::from_json(json, "bench").value().size());
  state.counters["megabytes"] = static_cast<double>(json.size()) / 1e6;
}

/// One word of state.range(0) characters: time per character must not grow.
void long_word(benchmark::State& state) {
  const auto tokenizer = sg::Tokenizer::from_gguf(large_vocab().gguf(), "bench");
  const sg::CounterRng rng(3);
  std::string word;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(state.range(0)); ++i)
    word.push_back(static_cast<char>('a' + rng.below(i, 26)));
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.value().encode(word).value().size());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * word.size()));
}

constexpr auto kUnit = benchmark::kMillisecond;
BENCHMARK_CAPTURE(encode, gpt2, "family_gpt2.json")->Unit(kUnit);
BENCHMARK_CAPTURE(encode, llama3, "family_llama3.json")->Unit(kUnit);
BENCHMARK_CAPTURE(encode, smollm2, "family_smollm2.json")->Unit(kUnit);
BENCHMARK_CAPTURE(encode, llama2, "family_llama2.json")->Unit(kUnit);
BENCHMARK_CAPTURE(encode, gemma, "family_gemma.json")->Unit(kUnit);
BENCHMARK(construct_gguf)->Unit(kUnit);
BENCHMARK(construct_json)->Unit(kUnit);
BENCHMARK(long_word)->Unit(kUnit)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace

BENCHMARK_MAIN();
