// A model's chat template: a conversation as the text that the model was trained to read.
// Reference: transformers' apply_chat_template, which is Jinja with trim_blocks, lstrip_blocks and loop controls.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sg {

/// What a rendering may cost; a conversation of a million characters stays far below.
struct ChatLimits {
  std::size_t steps = 20'000'000;
  std::size_t bytes = std::size_t{1} << 28;  // of all texts that are made on the way
};

struct ChatRequest {
  std::string messages;                                          // a JSON list of {"role", "content"}
  std::vector<std::pair<std::string, std::string>> tokens = {};  // {"bos_token", "<s>"}
  bool generation_prompt = true;                                 // the head of the model's answer at the end
  std::vector<std::string> values = {};  // JSON objects of what else the template may ask for: tools, enable_thinking;
                                         // a later one's wins
  ChatLimits limits = {};
};

struct ChatText {
  std::string text;
  bool reads_date = false;  // the text is another one tomorrow
};

/// Immutable and safe to share between threads.
class ChatTemplate {
 public:
  /// Errors name the line: what is no template of Jinja, and what of Jinja is not supported.
  static Result<ChatTemplate> parse(std::string_view source, std::string_view where);
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  /// Errors name the line: a filter, test, method or function that is not supported, a value of another kind than the
  /// template needs, what the template itself refuses, more steps or text than the limits allow (resource).
  Result<ChatText> render(const ChatRequest& request) const;

 private:
  struct Tree;
  explicit ChatTemplate(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace sg
