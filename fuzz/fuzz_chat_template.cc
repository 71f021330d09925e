// A chat template as hostile input: parsed, and rendered for a conversation with few steps and little text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "chat/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const sg::Result<sg::ChatTemplate> made = sg::ChatTemplate::parse(text, "fuzz");
  if (!made.ok()) return 0;
  sg::ChatRequest request;
  request.messages = R"([{"role": "system", "content": "s", "n": [1, 2.5, null, true]},
                        {"role": "user", "content": "a \u00e9\n", "parts": {"k": ["v", {}]}},
                        {"role": "assistant", "content": [{"type": "text", "text": "b"}]}])";
  request.tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  request.limits = {.steps = 20'000, .bytes = 1 << 20};
  const sg::Result<sg::ChatText> text_of_it = made.value().render(request);
  if (text_of_it.ok() && text_of_it.value().text.size() > (1 << 20)) __builtin_trap();
  return 0;
}
