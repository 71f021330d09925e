#include "corpus/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file_error.h"
#include "base/json_reader.h"
#include "base/sha.h"
#include "base/text_file.h"
#include "measure/measure.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPlanVersion = 2;  // of what the statistics are, too
constexpr std::string_view kSchema = "streamgauge.corpus_plan/1";

/// Of float32 as before there were other types, whose parts keep their keys.
Json options_json(const CorpusOptions& o) {
  Json json = {{"context", o.windows.context},     {"bos", o.windows.with_bos},      {"every", o.windows.every},
               {"text_key", o.documents.text_key}, {"text_form", name(o.text_form)}, {"logits", o.logits},
               {"keep_every", o.keep_every},       {"most_tokens", o.most_tokens}};
  if (o.precision != Precision::kFloat32) json["precision"] = name(o.precision);
  return json;
}

/// Cuts one file after another; documents are numbered through.
class Planner {
 public:
  Planner(CorpusPlan& plan, std::uint64_t task_bytes,
          const std::function<Result<std::uint64_t>(const CorpusDocument&)>& tokens_of)
      : plan_(plan), task_bytes_(task_bytes), tokens_of_(tokens_of) {}

  Result<void> add(const std::string& file) {
    SG_TRY(const DocumentForm form, form_of(file, plan_.options.text_form));
    CorpusTask task;
    task.range = {.file = file, .form = form, .begin = 0, .end = ~std::uint64_t{0}};
    SG_TRY(DocumentReader reader, DocumentReader::open(task.range, plan_.options.documents));
    task.first_document = next_;
    while (!full()) {
      SG_TRY(const std::optional<CorpusDocument> document, reader.next());
      if (!document) break;
      if (task.documents == 0) task.range.begin = document->begin;
      ++task.documents;
      ++next_;
      task.range.end = document->end;
      SG_TRY_VOID(count(*document));
      if (task.range.end - task.range.begin < task_bytes_) continue;
      SG_TRY_VOID(finish(task));
      task.first_document = next_;
      task.documents = 0;
    }
    return task.documents > 0 ? finish(task) : Result<void>();
  }
  bool full() const { return plan_.options.most_tokens > 0 && tokens_ >= plan_.options.most_tokens; }

 private:
  Result<void> count(const CorpusDocument& document) {
    if (plan_.options.most_tokens == 0 || !is_sampled(document, plan_.options.windows.every)) return {};
    SG_TRY(const std::uint64_t tokens, tokens_of_(document));
    tokens_ += tokens;
    return {};
  }

  Result<void> finish(CorpusTask task) {
    task.bytes = task.range.end - task.range.begin;
    SG_TRY(const std::string sum, sum_of_range(task.range));
    task.key = key_of_task(plan_, task, sum);
    plan_.tasks.push_back(std::move(task));
    return {};
  }

  CorpusPlan& plan_;
  std::uint64_t task_bytes_;
  const std::function<Result<std::uint64_t>(const CorpusDocument&)>& tokens_of_;
  std::uint64_t next_ = 0, tokens_ = 0;
};

Result<CorpusTask> read_task(const JsonReader& json) {
  CorpusTask task;
  SG_TRY(const JsonReader key, json.at("key"));
  SG_TRY(task.key, key.string());
  if (task.key.size() != 64 || task.key.find_first_not_of("0123456789abcdef") != std::string::npos)
    return key.wrong("64 hexadecimal digits");
  SG_TRY(task.range.file, json.get<std::string>("file"));
  SG_TRY(const std::string form, json.get<std::string>("form"));
  SG_TRY(task.range.form, form_named(form));
  const std::pair<const char*, std::uint64_t*> counts[] = {{"begin", &task.range.begin},
                                                           {"end", &task.range.end},
                                                           {"first_document", &task.first_document},
                                                           {"documents", &task.documents}};
  for (const auto& [name, value] : counts) {
    SG_TRY(*value, json.get<std::uint64_t>(name));
  }
  if (const std::optional<JsonReader> shift = json.find("shift")) {
    SG_TRY(task.shift, shift->count());
  }
  if (task.range.end < task.range.begin) return json.wrong("an end after its begin");
  task.bytes = task.range.end - task.range.begin;
  return task;
}

Result<CorpusOptions> read_options(const JsonReader& json) {
  CorpusOptions o;
  std::uint64_t context = 0;
  const std::pair<const char*, std::uint64_t*> counts[] = {{"context", &context},
                                                           {"every", &o.windows.every},
                                                           {"keep_every", &o.keep_every},
                                                           {"most_tokens", &o.most_tokens}};
  for (const auto& [name, value] : counts) {
    SG_TRY(*value, json.get<std::uint64_t>(name));
  }
  SG_TRY(o.windows.with_bos, json.get<bool>("bos"));
  SG_TRY(o.logits, json.get<bool>("logits"));
  SG_TRY(o.documents.text_key, json.get<std::string>("text_key"));
  SG_TRY(const std::string form, json.get<std::string>("text_form"));
  SG_TRY(o.text_form, form_named(form));
  if (const auto precision = json.find("precision")) {
    SG_TRY(const std::string word, precision->string());
    const std::optional<Precision> found = find_precision(word);
    if (!found) return precision->wrong("float32, bfloat16 or float16");
    o.precision = *found;
  }
  if (context < 2 || context > kMostContext) return json.wrong("a context of 2 to 2^20 tokens");
  o.windows.context = o.documents.context = context;
  return o;
}

}  // namespace

std::uint64_t CorpusPlan::documents() const {
  std::uint64_t sum = 0;
  for (const CorpusTask& task : tasks) sum += task.documents;
  return sum;
}

std::uint64_t CorpusPlan::bytes() const {
  std::uint64_t sum = 0;
  for (const CorpusTask& task : tasks) sum += task.bytes;
  return sum;
}

Result<std::string> sum_of_range(const DocumentRange& range) {
  std::ifstream stream(range.file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(range.begin));
  Sha256 sum;
  std::string buffer(std::size_t{1} << 20, '\0');
  for (std::uint64_t left = range.end - range.begin; left > 0;) {
    const std::uint64_t step = std::min<std::uint64_t>(left, buffer.size());
    errno = 0;
    stream.read(buffer.data(), static_cast<std::streamsize>(step));
    if (!stream && errno == 0) {
      return Error{.what = "is shorter than when the plan was made",
                   .where = range.file,
                   .hint = "plan the corpus again, into another folder"};
    }
    if (!stream) return file_error("cannot be read", range.file, errno);
    sum.add(buffer.data(), step);
    left -= step;
  }
  return sum.hex();
}

std::string key_of_task(const CorpusPlan& plan, const CorpusTask& task, const std::string& bytes_sum) {
  const Json key = {{"model", plan.content_hash},
                    {"numerics", kNumericsVersion},
                    {"plan", kPlanVersion},
                    {"options", options_json(plan.options)},
                    {"form", name(task.range.form)},
                    {"bytes", bytes_sum},
                    {"first_document", task.first_document},
                    {"documents", task.documents}};
  return sha256_hex(key.dump());
}

Result<CorpusPlan> plan_corpus(std::string model, std::string content_hash, const std::vector<std::string>& files,
                               const CorpusOptions& options, std::uint64_t task_bytes,
                               const std::function<Result<std::uint64_t>(const CorpusDocument&)>& tokens_of) {
  CorpusPlan plan = {.model = std::move(model),
                     .content_hash = std::move(content_hash),
                     .options = options,
                     .files = files,
                     .tasks = {}};
  plan.options.documents.context = options.windows.context;
  Planner planner(plan, task_bytes, tokens_of);
  std::set<std::string> seen;
  for (const std::string& file : files) {
    if (!seen.insert(file).second) return Error{.kind = ErrorKind::kUsage, .what = "is named twice", .where = file};
    if (planner.full()) break;
    SG_TRY_VOID(planner.add(file));
  }
  if (plan.tasks.empty()) {
    return Error{.what = "the corpus holds no document",
                 .where = files.empty() ? "" : files.front(),
                 .expected = "text, documents apart by empty lines, or one a line with --documents lines"};
  }
  return plan;
}

std::string plan_text(const CorpusPlan& plan) {
  Json head = {{"schema", kSchema},
               {"model", plan.model},
               {"content_hash", plan.content_hash},
               {"options", options_json(plan.options)},
               {"files", plan.files}};
  std::string text = head.dump();
  text.pop_back();
  text += ",\"tasks\":[\n";
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const CorpusTask& t = plan.tasks[i];
    Json row = {{"key", t.key},
                {"file", t.range.file},
                {"form", name(t.range.form)},
                {"begin", t.range.begin},
                {"end", t.range.end},
                {"first_document", t.first_document},
                {"documents", t.documents}};
    if (t.shift > 0) row["shift"] = t.shift;
    text += row.dump() + (i + 1 < plan.tasks.size() ? ",\n" : "\n");
  }
  return text + "]}\n";
}

Result<CorpusPlan> read_plan(const std::filesystem::path& file) {
  SG_TRY(const std::string text, read_text_file(file.string()));
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(text, file.string()));
  SG_TRY(const JsonReader schema, root.at("schema"));
  SG_TRY(const std::string version, schema.string());
  if (version != kSchema) return schema.wrong(kSchema);
  CorpusPlan plan;
  SG_TRY(plan.model, root.get<std::string>("model"));
  SG_TRY(plan.content_hash, root.get<std::string>("content_hash"));
  SG_TRY(const JsonReader options, root.at("options"));
  SG_TRY(plan.options, read_options(options));
  SG_TRY(const JsonReader files, root.at("files"));
  SG_TRY_VOID(files.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(plan.files.emplace_back(), item.string());
    return {};
  }));
  SG_TRY(const JsonReader tasks, root.at("tasks"));
  std::set<std::string> keys;
  SG_TRY_VOID(tasks.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(plan.tasks.emplace_back(), read_task(item));
    if (!keys.insert(plan.tasks.back().key).second) return item.wrong("each task once");
    return {};
  }));
  return plan;
}

}  // namespace sg
