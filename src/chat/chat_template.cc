#include "chat/chat_template.h"

#include "chat/interpreter.h"
#include "chat/parser.h"

namespace sg {

struct ChatTemplate::Tree {
  chat::Block block;
  std::string where;
};

ChatTemplate::ChatTemplate(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, std::string_view where) {
  SG_TRY(chat::Block block, chat::parse(source, where));
  return ChatTemplate(std::make_unique<Tree>(Tree{std::move(block), std::string(where)}));
}

Result<ChatText> ChatTemplate::render(const ChatRequest& request) const {
  using chat::Value;
  SG_TRY(const Value messages, chat::value_of_json(request.messages, "messages"));
  if (messages.as_list() == nullptr) return Error{.what = "a conversation is not a list of messages"};
  chat::Budget budget = {.steps = request.limits.steps, .bytes = request.limits.bytes};
  const auto root = std::make_shared<chat::Scope>();
  ChatText made;
  chat::add_globals(*root, made.reads_date);
  for (const auto& [name, text] : request.tokens) root->names[name] = Value(text);
  root->names["messages"] = messages;
  root->names["tools"] = Value(chat::None());
  root->names["documents"] = Value(chat::None());
  for (const std::string& json : request.values) {
    SG_TRY(const Value values, chat::value_of_json(json, "values of the chat template"));
    const chat::Map* members = values.as_map();
    if (members == nullptr) return Error{.what = "values of a chat template are not an object", .got = json};
    for (const auto& [name, value] : *members) {
      if (name != "messages" && name != "add_generation_prompt") root->names[name] = value;
    }
  }
  root->names["add_generation_prompt"] = Value::boolean(request.generation_prompt);
  SG_TRY(made.text, chat::Interpreter(tree_->where, budget, root).render(tree_->block));
  return made;
}

}  // namespace sg
