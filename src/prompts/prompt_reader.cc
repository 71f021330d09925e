#include "prompts/prompt_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/display_text.h"

namespace sg {
namespace {

constexpr std::size_t kShownText = 40;  // columns of a prompt in a message

std::string place(const Prompt& prompt, std::size_t number) {
  const std::string name = prompt.id.empty() ? "" : " " + shortened(prompt.id, kShownText);
  return fmt::format("prompt {}{} (\"{}\")", number, name,
                     shortened(prompt.messages.empty() ? prompt.text : prompt.messages, kShownText));
}

using Json = nlohmann::ordered_json;

/// What the chat template is given of one prompt, as JSON.
struct Conversation {
  std::string messages;
  std::vector<std::string> values;
};

Result<Conversation> conversation_of(const Prompt& prompt, const PromptReading& reading) {
  Json given = Json::parse(prompt.messages.empty() ? "[]" : prompt.messages, nullptr, /*allow_exceptions=*/false);
  Json messages = given.is_object() && given.contains("messages") ? given["messages"] : given;
  if (!messages.is_array()) return Error{.what = "a conversation is not a list of messages"};
  if (prompt.messages.empty()) messages.push_back({{"role", "user"}, {"content", prompt.text}});
  if (!reading.system.empty())
    messages.insert(messages.begin(), Json({{"role", "system"}, {"content", reading.system}}));
  Conversation made;
  if (!reading.values.empty()) made.values.push_back(reading.values);
  try {
    made.messages = messages.dump();
    if (!given.is_object()) return made;
    given.erase("messages");
    const Json more = given.value("chat_template_kwargs", Json::object());
    given.erase("chat_template_kwargs");
    for (const Json& values : {given, more}) made.values.push_back(values.dump());
    return made;
  } catch (const Json::type_error&) {
    return Error{.what = "the text is not UTF-8", .expected = "well-formed UTF-8"};
  }
}

Result<Sequence> at_place(Error error, const Prompt& prompt, std::size_t number) {
  error.where = place(prompt, number) + (error.where.empty() ? "" : ": " + error.where);
  return error;
}

}  // namespace

Result<void> PromptReader::encode(const std::string& text, Special special, Sequence& sequence) {
  SG_CHECK(tokenizer_ != nullptr, "text without a tokenizer");
  SG_TRY(sequence.ids, tokenizer_->encode(text, special));
  sequence.special = name(special);
  sequence.text = text;
  return {};
}

Result<std::string> PromptReader::rendered(const Prompt& prompt) {
  if (!chat_) {
    SG_CHECK(load_ != nullptr, "a conversation without a chat template");
    SG_TRY(ChatSource source, load_());
    SG_TRY(chat_, ChatTemplate::parse(source.text, source.where));
    request_.tokens = std::move(source.tokens);
    request_.generation_prompt = reading_.generation_prompt;
  }
  SG_TRY(Conversation conversation, conversation_of(prompt, reading_));
  request_.messages = std::move(conversation.messages);
  request_.values = std::move(conversation.values);
  SG_TRY(ChatText made, chat_->render(request_));
  reads_date_ = reads_date_ || made.reads_date;
  return std::move(made.text);
}

Result<Sequence> PromptReader::read(const Prompt& prompt, std::size_t number) {
  Sequence sequence;
  if (const std::string category = column(prompt, kCategoryColumn); !category.empty()) sequence.category = category;
  if (!prompt.id.empty()) sequence.prompt_id = prompt.id;
  if (!prompt.columns.empty()) sequence.columns = prompt.columns;
  sequence.ids = prompt.ids;
  if (!prompt.ids.empty()) return sequence;
  if (prompt.text.empty() && prompt.messages.empty()) {
    return Error{.what = "the prompt is empty",
                 .where = fmt::format("prompt {}", number),
                 .hint = "To measure a special token alone, give its id in place of a text"};
  }
  const bool chat = reading_.chat || !prompt.messages.empty();
  std::string text = prompt.text;
  if (chat) {
    Result<std::string> made = rendered(prompt);
    if (!made.ok()) return at_place(std::move(made).error(), prompt, number);
    text = std::move(made).value();
    sequence.prompt = prompt.messages.empty() ? prompt.text : prompt.messages;
  }
  const Special special = chat && reading_.special == Special::kAuto ? Special::kNone : reading_.special;
  if (Result<void> encoded = encode(text, special, sequence); !encoded.ok()) {
    return at_place(std::move(encoded).error(), prompt, number);
  }
  if (sequence.ids.empty()) return Error{.what = "the prompt has no tokens", .where = place(prompt, number)};
  const std::int32_t bos = tokenizer_->bos_token();
  if (sequence.ids.size() > 1 && bos >= 0 && sequence.ids[0] == bos && sequence.ids[1] == bos && doubled_++ == 0) {
    const std::string_view why = special == Special::kNone
                                     ? "its text has both"
                                     : "its text has one and the tokenizer adds another; --special none adds none";
    first_doubled_ =
        fmt::format("{} begins with {} twice: {}", place(prompt, number), tokenizer_->token_piece(bos), why);
  }
  return sequence;
}

std::vector<std::string> PromptReader::warnings() const {
  std::vector<std::string> warnings;
  if (doubled_ > 0) {
    warnings.push_back(first_doubled_ + (doubled_ > 1 ? fmt::format(" (and {} more prompts)", doubled_ - 1) : ""));
  }
  if (reads_date_) {
    warnings.emplace_back(
        "the chat template writes the date into the prompt: results are another day's tomorrow. SOURCE_DATE_EPOCH sets "
        "the date");
  }
  return warnings;
}

}  // namespace sg
