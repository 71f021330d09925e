#include "check/built_in.h"

#include <filesystem>
#include <map>
#include <span>

#include "report/file/output_file.h"

namespace sg {

std::span<const EmbeddedFile> embedded_references();

namespace {

bool is_golden(const EmbeddedFile& file) { return file.path.substr(file.path.rfind('/') + 1).starts_with("golden"); }

Result<Sequence> golden_sequence(const JsonReader& golden) {
  SG_TRY(const JsonReader ids, golden.at("ids"));
  SG_TRY(const std::vector<JsonReader> items, ids.items());
  Sequence sequence;
  for (const JsonReader& item : items) {
    SG_TRY(const std::int64_t id, item.integer());
    sequence.ids.push_back(static_cast<std::int32_t>(id));
    sequence.tokens.emplace_back();
  }
  return sequence;
}

}  // namespace

std::vector<BuiltIn> built_in_models() {
  std::map<std::string, BuiltIn> models;
  for (const EmbeddedFile& file : embedded_references()) {
    const std::string name(file.path.substr(0, file.path.find('/')));
    models[name].name = name;
    models[name].files.push_back(file);
  }
  std::vector<BuiltIn> all;
  all.reserve(models.size());
  for (auto& [name, model] : models) all.push_back(std::move(model));
  return all;
}

Result<OpenedModel> open_built_in(const BuiltIn& built_in, TempFolder folder) {
  std::string_view golden;
  std::filesystem::path path = folder.path();
  for (const EmbeddedFile& file : built_in.files) {
    if (is_golden(file)) {
      golden = file.content;
      continue;
    }
    const std::filesystem::path target = folder.path() / std::filesystem::path(file.path).filename();
    SG_TRY_VOID(write_output(target, file.content));
    if (target.extension() == ".gguf") path = target;
  }
  SG_TRY(Model model, open_model(path));
  folder.remove();  // the mapped bytes outlive the names
  return OpenedModel{std::move(model), golden};
}

Result<std::vector<Sequence>> sequences_of(const std::vector<JsonReader>& goldens) {
  std::vector<Sequence> sequences;
  for (const JsonReader& golden : goldens) {
    SG_TRY(Sequence sequence, golden_sequence(golden));
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

}  // namespace sg
