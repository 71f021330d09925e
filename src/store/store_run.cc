#include "store/store_tables.h"

namespace sg {
namespace {

/// In the order of the columns of facts, after the id.
template <class Facts, class Visit>
void each_fact(Facts& f, Visit&& visit) {
  for (auto* text : {&f.id, &f.path, &f.fingerprint, &f.family, &f.norm, &f.mlp, &f.dtype}) visit(*text);
  for (auto* count : {&f.n_layers, &f.d_model, &f.n_heads, &f.n_kv_heads, &f.d_head, &f.vocab_size}) visit(*count);
  visit(f.parallel_residual);
  visit(f.tied_embeddings);
  visit(f.rope.present);
  visit(f.rope.theta);
  visit(f.rope.scaling);
  visit(f.rope.factor);
  visit(f.rope.original_max_position);
  visit(f.rope.max_position);
  visit(f.rope.rotary_pct);
  visit(f.parameters);
}
constexpr std::size_t kFacts = 23;

/// A table of numbered texts.
Result<void> select_texts(Database& db, const std::string& table, std::vector<std::string>& texts) {
  Statement select(db, "SELECT text FROM " + table + " ORDER BY n");
  for (;;) {
    SG_TRY(const bool row, select.step());
    if (!row) return select.check("a row of " + table);
    select >> texts.emplace_back();
  }
}

Result<void> insert_texts(Database& db, const std::string& table, const std::vector<std::string>& texts) {
  Statement insert(db, "INSERT INTO " + table + " VALUES (?, ?)");
  for (std::size_t n = 0; n < texts.size(); ++n) {
    SG_TRY_VOID((insert << n << texts[n]).run());
  }
  return {};
}

Result<void> select_prompts(Database& db, std::size_t model, std::vector<Sequence>& prompts) {
  Statement select(db, "SELECT text, category, ids, tokens FROM run_prompts WHERE model = ? ORDER BY n");
  select << model;
  for (;;) {
    SG_TRY(const bool row, select.step());
    if (!row) return select.check("a row of run_prompts");
    Sequence& s = prompts.emplace_back();
    select >> s.text >> s.category >> s.ids >> s.tokens;
  }
}

Result<void> insert_prompts(Database& db, std::size_t model, const std::vector<Sequence>& prompts) {
  Statement insert(db, "INSERT INTO run_prompts VALUES (?, ?, ?, ?, ?, ?)");
  for (std::size_t n = 0; n < prompts.size(); ++n) {
    const Sequence& s = prompts[n];
    SG_TRY_VOID((insert << model << n << s.text << s.category << s.ids << s.tokens).run());
  }
  return {};
}

Result<void> select_models(Database& db, RunRecord& run) {
  Statement select(db, "SELECT n, key, label, source, facts, error FROM run_models ORDER BY n");
  for (;;) {
    SG_TRY(const bool row, select.step());
    if (!row) return {};
    ModelOutcome& model = run.models.emplace_back();
    std::size_t n = 0;
    std::optional<std::size_t> facts;
    select >> n >> model.key >> model.label >> model.source >> facts >> model.error;
    SG_TRY_VOID(select.check("a row of run_models"));
    if (facts) {
      SG_TRY(model.facts, select_facts(db, static_cast<std::int64_t>(*facts)));
    }
    SG_TRY_VOID(select_prompts(db, n, model.prompts));
  }
}

Result<void> insert_models(Database& db, const std::vector<ModelOutcome>& models) {
  Statement insert(db, "INSERT INTO run_models VALUES (?, ?, ?, ?, ?, ?)");
  for (std::size_t n = 0; n < models.size(); ++n) {
    const ModelOutcome& model = models[n];
    std::optional<std::int64_t> facts;
    if (model.facts) {
      SG_TRY(facts, insert_facts(db, *model.facts));
    }
    SG_TRY_VOID((insert << n << model.key << model.label << model.source << facts << model.error).run());
    SG_TRY_VOID(insert_prompts(db, n, model.prompts));
  }
  return {};
}

}  // namespace

Result<std::int64_t> insert_facts(Database& db, const ModelFacts& facts) {
  Statement insert(db, "INSERT INTO facts VALUES (NULL, " + placeholders(kFacts) + ")");
  each_fact(facts, [&](const auto& fact) { insert << fact; });
  SG_TRY_VOID(insert.run());
  return db.last_row();
}

Result<ModelFacts> select_facts(Database& db, std::int64_t id) {
  Statement select(db,
                   "SELECT model, path, fingerprint, family, norm, mlp, dtype, n_layers, d_model, n_heads, n_kv_heads, "
                   "d_head, vocab_size, parallel_residual, tied_embeddings, rope_present, rope_theta, rope_scaling, "
                   "rope_factor, rope_original_max_position, rope_max_position, rope_rotary_pct, parameters "
                   "FROM facts WHERE id = ?");
  select << id;
  SG_TRY(const bool row, select.step());
  if (!row) return db.damaged("a model without facts");
  ModelFacts facts;
  each_fact(facts, [&](auto& fact) { select >> fact; });
  SG_TRY_VOID(select.check("a row of facts"));
  return facts;
}

Result<std::optional<RunRecord>> select_run(Database& db) {
  Statement select(db,
                   "SELECT experiment, started, pocket, engine_version, engine_isa, engine_threads, engine_numerics "
                   "FROM run");
  SG_TRY(const bool row, select.step());
  if (!row) return std::optional<RunRecord>();
  RunRecord run;
  select >> run.experiment >> run.started >> run.pocket >> run.engine.version >> run.engine.isa >> run.engine.threads >>
      run.engine.numerics;
  SG_TRY_VOID(select.check("a row of run"));
  SG_TRY_VOID(select_models(db, run));
  SG_TRY_VOID(select_texts(db, "run_overrides", run.overrides));
  SG_TRY_VOID(select_texts(db, "run_notices", run.notices));
  return std::optional<RunRecord>(std::move(run));
}

Result<void> replace_run(Database& db, const RunRecord& run) {
  SG_TRY_VOID(
      db.run("DELETE FROM facts WHERE id IN (SELECT facts FROM run_models); DELETE FROM run_prompts;"
             "DELETE FROM run_models; DELETE FROM run_overrides; DELETE FROM run_notices; DELETE FROM run"));
  Statement insert(db, "INSERT INTO run VALUES (1, ?, ?, ?, ?, ?, ?, ?)");
  insert << run.experiment << run.started << run.pocket << run.engine.version << run.engine.isa << run.engine.threads
         << run.engine.numerics;
  SG_TRY_VOID(insert.run());
  SG_TRY_VOID(insert_models(db, run.models));
  SG_TRY_VOID(insert_texts(db, "run_overrides", run.overrides));
  return insert_texts(db, "run_notices", run.notices);
}

}  // namespace sg
