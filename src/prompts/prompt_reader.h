// Prompts as one model reads them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chat/chat_template.h"
#include "prompts/prompt.h"
#include "tokenizer/chat_source.h"

namespace sg {

/// How texts become ids.
struct PromptReading {
  Special special = Special::kAuto;
  bool chat = false;              // a text is what a user says, put through the model's chat template
  std::string system = {};        // what the system says first; empty: nothing
  bool generation_prompt = true;  // the template opens the model's answer
  std::string values = {};        // a JSON object of what else the template may ask for: {"enable_thinking": false}
};
/// How a model's chat template is had; asked for when the first conversation is read.
using ChatLoader = std::function<Result<ChatSource>()>;

/// Reads the prompts of one model in turn; not thread safe.
class PromptReader {
 public:
  /// `tokenizer` may be null when prompts give ids, and must outlive the reader.
  PromptReader(const Tokenizer* tokenizer, PromptReading reading, ChatLoader chat)
      : tokenizer_(tokenizer), reading_(std::move(reading)), load_(std::move(chat)) {}

  /// The prompt as what is measured: its ids, or those of its text with the special tokens that were asked for;
  /// without the texts of the tokens. `number`, from 1, is its place in messages.
  /// A conversation's text is what the chat template makes of it. Its messages are a list, or an object of "messages"
  /// and of what else the template may ask for: "tools", "documents", and "chat_template_kwargs", an object. The
  /// template writes special tokens itself, so kAuto adds none to it, as transformers' apply_chat_template does.
  /// Errors: an empty prompt, text that is not UTF-8 or has no tokens, no BOS where one was asked for, no chat template
  /// or one that is not supported or refuses the conversation.
  Result<Sequence> read(const Prompt& prompt, std::size_t number);

  /// What a person must know of the prompts read so far: a text that begins with BOS and is given a second one; a
  /// template that writes the date.
  std::vector<std::string> warnings() const;

 private:
  Result<void> encode(const std::string& text, Special special, Sequence& sequence);
  Result<std::string> rendered(const Prompt& prompt);

  const Tokenizer* tokenizer_;
  PromptReading reading_;
  ChatLoader load_;
  std::optional<ChatTemplate> chat_;
  ChatRequest request_;
  bool reads_date_ = false;
  std::string first_doubled_;
  std::size_t doubled_ = 0;  // prompts with two BOS
};

}  // namespace sg
