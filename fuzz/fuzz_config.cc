// config.json as hostile input: parsing, the family's fields, the resolved architecture, rotary frequencies.
#include <cstddef>
#include <cstdint>

#include "model/bind.h"
#include "model/spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sg::Result<sg::Config> config =
      sg::Config::from_json({reinterpret_cast<const char*>(data), size}, "config.json");
  if (!config.ok()) return 0;
  const sg::Result<const sg::Family*> family = sg::find_family(config.value());
  if (!family.ok()) return 0;
  const sg::Checkpoint empty;
  const sg::Result<sg::Spec> spec = sg::resolve_spec(*family.value(), config.value(), empty);
  if (!spec.ok()) return 0;
  for (const sg::RopeSpec& rope : spec.value().ropes) {
    if (rope.rotary_dim <= 4096 && sg::check_rope(rope, "config.json").ok()) (void)sg::resolve(rope, 64);
  }
  (void)sg::bind(spec.value(), empty);
  return 0;
}
