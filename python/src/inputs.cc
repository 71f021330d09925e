#include "inputs.h"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <utility>

#include "job.h"
#include "rows.h"

namespace sgpy {
namespace {

using streamgauge::Prompt;

/// The value of a word among those that are known.
template <class T, std::size_t n>
T word_of(const std::string& word, const char* what, const std::array<std::pair<const char*, T>, n>& known) {
  std::string names;
  for (const auto& [name, value] : known) {
    if (word == name) return value;
    names += (names.empty() ? "one of " : ", ") + std::string(name);
  }
  throw Failure{{.kind = streamgauge::ErrorKind::kUsage,
                 .what = std::string("unknown ") + what,
                 .expected = names,
                 .got = "'" + word + "'"}};
}

}  // namespace

std::vector<Prompt> prompts_of(const nb::list& plain) {
  std::vector<Prompt> prompts;
  for (const nb::handle one : plain) {
    const nb::tuple parts = nb::cast<nb::tuple>(one);
    Prompt prompt;
    prompt.text = nb::cast<std::string>(parts[0]);
    prompt.ids = nb::cast<std::vector<std::int32_t>>(parts[1]);
    prompt.messages = nb::cast<std::string>(parts[2]);
    prompt.id = nb::cast<std::string>(parts[3]);
    prompt.columns = nb::cast<streamgauge::Columns>(parts[4]);
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

nb::tuple plain_prompt(const Prompt& prompt) {
  nb::list columns;
  for (const auto& [name, value] : prompt.columns) columns.append(nb::make_tuple(to_python(name), to_python(value)));
  return nb::make_tuple(to_python(prompt.text), prompt.ids, to_python(prompt.messages), to_python(prompt.id), columns);
}

streamgauge::SpecialTokens special_of(const std::string& word) {
  using streamgauge::SpecialTokens;
  constexpr std::array<std::pair<const char*, SpecialTokens>, 3> kKnown = {
      {{"auto", SpecialTokens::kAuto}, {"none", SpecialTokens::kNone}, {"bos", SpecialTokens::kBos}}};
  return word_of(word, "special tokens", kKnown);
}

streamgauge::TextOptions texts_of(const nb::tuple& plain) {
  streamgauge::TextOptions texts;
  texts.special = special_of(nb::cast<std::string>(plain[0]));
  texts.chat = nb::cast<bool>(plain[1]);
  texts.system = nb::cast<std::string>(plain[2]);
  texts.generation_prompt = nb::cast<bool>(plain[3]);
  return texts;
}

streamgauge::LogitPositions positions_of(const std::string& word) {
  using streamgauge::LogitPositions;
  constexpr std::array<std::pair<const char*, LogitPositions>, 3> kKnown = {
      {{"last", LogitPositions::kLast}, {"all", LogitPositions::kAll}, {"none", LogitPositions::kNone}}};
  return word_of(word, "positions", kKnown);
}

streamgauge::EmbedScale scale_of(const std::string& word) {
  using streamgauge::EmbedScale;
  constexpr std::array<std::pair<const char*, EmbedScale>, 2> kKnown = {
      {{"stored", EmbedScale::kStored}, {"float32", EmbedScale::kFloat32}}};
  return word_of(word, "scale of the embedding", kKnown);
}

streamgauge::Precision precision_of(const std::string& word) {
  using streamgauge::Precision;
  constexpr std::array<std::pair<const char*, Precision>, 3> kKnown = {
      {{"float32", Precision::kFloat32}, {"bfloat16", Precision::kBfloat16}, {"float16", Precision::kFloat16}}};
  return word_of(word, "precision", kKnown);
}

streamgauge::CompareMatrices matrices_of(const std::string& word) {
  using streamgauge::CompareMatrices;
  constexpr std::array<std::pair<const char*, CompareMatrices>, 3> kKnown = {
      {{"auto", CompareMatrices::kAuto}, {"on", CompareMatrices::kOn}, {"off", CompareMatrices::kOff}}};
  return word_of(word, "choice of weights", kKnown);
}

streamgauge::RunOptions run_options(int threads, const std::string& isa, const std::string& device) {
  if (threads < 0) {
    throw Failure{{.kind = streamgauge::ErrorKind::kUsage,
                   .what = "not a number of threads",
                   .expected = "1 or more, or 0 for all",
                   .got = std::to_string(threads)}};
  }
  return {.threads = threads, .isa = isa, .device = device};
}

}  // namespace sgpy
