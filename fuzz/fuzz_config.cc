// config.json or a whole GGUF file as hostile input: parsing, the family's fields, the resolved architecture, keys of
// other families, the tensors' roles and what they decide, rotary frequencies.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>

#include "io/gguf.h"
#include "model/bind.h"
#include "model/config_check.h"
#include "model/spec_from_tensors.h"

namespace {

/// The widest head of a published model is 256; tables of a hostile width say nothing more.
constexpr int kMostRotated = 4096;

/// The step's value, or null when it was refused; a refusal says something.
template <class T>
const T* passed(const sg::Result<T>& step) {
  if (!step.ok() && step.error().message().empty()) std::abort();
  return step.ok() ? &step.value() : nullptr;
}

void resolve_all(const sg::Result<sg::Config>& read, const sg::Checkpoint& checkpoint) {
  const sg::Config* config = passed(read);
  if (config == nullptr) return;
  (void)config->canonical();
  const sg::Result<const sg::Family*> family = sg::find_family(*config);
  if (passed(family) == nullptr) return;
  sg::Result<sg::Spec> spec = sg::resolve_spec(*family.value(), *config, checkpoint);
  if (passed(spec) == nullptr) return;
  for (const sg::LayerAttention& layer : spec.value().attention) {
    if (layer.rope >= static_cast<int>(spec.value().ropes.size())) std::abort();
  }
  (void)passed(sg::check_foreign_keys(spec.value(), *config));
  const sg::Result<sg::Bindings> bindings = sg::bind(spec.value(), checkpoint);
  if (passed(bindings) != nullptr) {
    const sg::Result<void> completed = sg::complete_from_tensors(bindings.value(), checkpoint, spec.value());
    if (!completed.ok() && completed.error().message().empty()) std::abort();
  }
  for (const sg::RopeSpec& rope : spec.value().ropes) {
    if (rope.rotary_dim <= kMostRotated && sg::check_rope(rope, "input").ok()) (void)sg::resolve(rope, 64);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  sg::Checkpoint checkpoint;
  if (!text.starts_with("GGUF")) {
    resolve_all(sg::Config::from_json(text, "input"), checkpoint);
    return 0;
  }
  sg::Result<sg::GgufContents> file = sg::parse_gguf(std::as_bytes(std::span(data, size)), "input");
  if (passed(file) == nullptr) return 0;
  checkpoint.format = sg::Format::kGguf;
  checkpoint.path = "input";
  checkpoint.metadata = std::move(file.value().metadata);
  checkpoint.tensors = std::move(file.value().tensors);
  resolve_all(sg::Config::from_gguf(checkpoint), checkpoint);
  return 0;
}
