#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "store/little_endian.h"
#include "store/store_tables.h"

namespace sg {
namespace {

constexpr std::string_view kDistribution =
    "position, mean, std, max, min, entropy, effective_vocab, top10_prob_mass, top_ids, top_tokens, top_probs";
constexpr std::size_t kDistributionColumns = 11;

/// Every (layers x tokens) table of a measurement with its name in `sites`.
template <class M, class Visit>
void each_table(M& m, Visit&& visit) {
  visit("resid_pre", m.norms.resid_pre);
  visit("attn_out", m.norms.attn_out);
  visit("resid_mid", m.norms.resid_mid);
  visit("mlp_out", m.norms.mlp_out);
  visit("resid_post", m.norms.resid_post);
  visit("pre_attn", m.dots.pre_attn);
  visit("mid_mlp", m.dots.mid_mlp);
  visit("pre_mlp", m.dots.pre_mlp);
  visit("attn_mlp", m.dots.attn_mlp);
}

/// The sites that have one row of norms, not one per layer.
template <class M, class Visit>
void each_vector(M& m, Visit&& visit) {
  visit("embed", m.norms.embed);
  visit("ln_final", m.norms.ln_final);
}

Result<void> insert_sites(Database& db, std::int64_t id, const SequenceMeasurement& m) {
  Statement insert(db, "INSERT OR IGNORE INTO sites VALUES (?, ?, ?, ?)");
  Result<void> done;
  const auto add = [&](const char* site, std::size_t layer, std::span<const double> per_token) {
    if (done.ok()) done = (insert << id << site << layer << per_token).run();
  };
  each_vector(m, [&](const char* site, const std::vector<double>& norms) {
    if (!norms.empty()) add(site, 0, norms);
  });
  each_table(m, [&](const char* site, const LayerTable& table) {
    SG_CHECK(table.values.size() == table.layers * table.tokens, "a table of layers x tokens");
    for (std::size_t l = 0; l < table.layers; ++l) add(site, l, {table.row(l), table.tokens});
  });
  return done;
}

/// One row of `sites`; false when it does not belong where it stands.
bool append_site(SequenceMeasurement& m, const std::string& site, std::size_t layer, const std::vector<double>& row) {
  bool fits = false;
  each_vector(m, [&](const char* name, std::vector<double>& norms) {
    if (site != name || layer != 0) return;
    norms = row;
    fits = true;
  });
  each_table(m, [&](const char* name, LayerTable& table) {
    if (site != name || layer != table.layers || (layer > 0 && row.size() != table.tokens)) return;
    table.tokens = row.size();
    table.layers += 1;
    table.values.insert(table.values.end(), row.begin(), row.end());
    fits = true;
  });
  return fits;
}

Result<void> select_sites(Database& db, std::int64_t id, SequenceMeasurement& m) {
  Statement select(db, "SELECT site, layer, per_token FROM sites WHERE sequence = ? ORDER BY site, layer");
  select << id;
  for (;;) {
    SG_TRY(const bool row, select.step());
    if (!row) return {};
    std::string site;
    std::size_t layer = 0;
    std::vector<double> per_token;
    select >> site >> layer >> per_token;
    SG_TRY_VOID(select.check("a row of sites"));
    if (!append_site(m, site, layer, per_token)) return db.damaged("a row of sites");
  }
}

Result<void> insert_massive(Database& db, std::int64_t id, const char* list, const std::vector<Massive>& rows) {
  Statement insert(db, "INSERT INTO massive VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const Massive& row = rows[n];
    insert << id << list << n << row.layer << row.token << row.channel << row.value << row.median;
    SG_TRY_VOID(insert.run());
  }
  return {};
}

Result<void> select_massive(Database& db, std::int64_t id, const char* list, std::vector<Massive>& rows) {
  Statement select(
      db, "SELECT layer, token, channel, value, median FROM massive WHERE sequence = ? AND list = ? ORDER BY n");
  select << id << list;
  for (;;) {
    SG_TRY(const bool more, select.step());
    if (!more) return select.check("a row of massive");
    Massive& row = rows.emplace_back();
    select >> row.layer >> row.token >> row.channel >> row.value >> row.median;
  }
}

void bind(Statement& insert, const LogitStats& s) {
  std::vector<std::int32_t> ids;
  std::vector<std::string> tokens;
  std::vector<double> probs;
  for (const TopToken& top : s.top) {
    ids.push_back(top.id);
    tokens.push_back(top.token);
    probs.push_back(top.prob);
  }
  insert << s.position << s.mean << s.std << s.max << s.min << s.entropy << s.effective_vocab << s.top10_prob_mass
         << ids << tokens << probs;
}

Result<LogitStats> read_distribution(Database& db, Statement& select) {
  LogitStats s;
  std::vector<std::int32_t> ids;
  std::vector<std::string> tokens;
  std::vector<double> probs;
  select >> s.position >> s.mean >> s.std >> s.max >> s.min >> s.entropy >> s.effective_vocab >> s.top10_prob_mass >>
      ids >> tokens >> probs;
  SG_TRY_VOID(select.check("a distribution"));
  if (ids.size() != tokens.size() || ids.size() != probs.size()) return db.damaged("a distribution");
  for (std::size_t i = 0; i < ids.size(); ++i) s.top.push_back({ids[i], std::move(tokens[i]), probs[i]});
  return s;
}

Result<void> insert_distributions(Database& db, std::int64_t id, const SequenceMeasurement& m) {
  Statement logits(db, fmt::format("INSERT OR IGNORE INTO logits (sequence, {}) VALUES ({})", kDistribution,
                                   placeholders(kDistributionColumns + 1)));
  for (const LogitStats& stats : m.logits) {
    logits << id;
    bind(logits, stats);
    SG_TRY_VOID(logits.run());
  }
  Statement lens(db, fmt::format("INSERT OR IGNORE INTO lens (sequence, layer, {}) VALUES ({})", kDistribution,
                                 placeholders(kDistributionColumns + 2)));
  for (const LensRow& row : m.lens) {
    lens << id << row.layer;
    bind(lens, row.stats);
    SG_TRY_VOID(lens.run());
  }
  return {};
}

Result<void> select_distributions(Database& db, std::int64_t id, SequenceMeasurement& m) {
  Statement logits(db, fmt::format("SELECT {} FROM logits WHERE sequence = ? ORDER BY position", kDistribution));
  logits << id;
  for (;;) {
    SG_TRY(const bool row, logits.step());
    if (!row) break;
    SG_TRY(LogitStats stats, read_distribution(db, logits));
    m.logits.push_back(std::move(stats));
  }
  Statement lens(db,
                 fmt::format("SELECT layer, {} FROM lens WHERE sequence = ? ORDER BY layer, position", kDistribution));
  lens << id;
  for (;;) {
    SG_TRY(const bool row, lens.step());
    if (!row) return {};
    LensRow& entry = m.lens.emplace_back();
    lens >> entry.layer;
    SG_TRY(entry.stats, read_distribution(db, lens));
  }
}

/// The row of `sequences`, and what it holds itself.
Result<std::optional<std::int64_t>> select_head(Database& db, const RowKey& key, std::span<const std::int32_t> ids,
                                                SequenceMeasurement& m) {
  Statement select(db,
                   "SELECT id, ids, text, category, tokens, massive_multiple, share_of_mean, share_of_frobenius, "
                   "identity_error FROM sequences WHERE fingerprint = ? AND numerics = ? AND ids_sha256 = ?");
  select << key.fingerprint << key.numerics << ids_sha256(ids);
  SG_TRY(const bool row, select.step());
  if (!row) return std::optional<std::int64_t>();
  std::size_t id = 0;
  Sequence& s = m.sequence;
  select >> id >> s.ids >> s.text >> s.category >> s.tokens >> m.massive_multiple >> m.first_token_share.of_mean >>
      m.first_token_share.of_frobenius >> m.identity_error;
  SG_TRY_VOID(select.check("a row of sequences"));
  if (!std::equal(ids.begin(), ids.end(), s.ids.begin(), s.ids.end())) return db.damaged("ids under another's hash");
  return std::optional<std::int64_t>(static_cast<std::int64_t>(id));
}

Result<std::int64_t> insert_head(Database& db, const RowKey& key, const SequenceMeasurement& m) {
  Statement insert(db, "INSERT INTO sequences VALUES (NULL, " + placeholders(11) + ")");
  const Sequence& s = m.sequence;
  insert << key.fingerprint << key.numerics << ids_sha256(s.ids) << s.ids << s.text << s.category << s.tokens
         << m.massive_multiple << m.first_token_share.of_mean << m.first_token_share.of_frobenius << m.identity_error;
  SG_TRY_VOID(insert.run());
  return db.last_row();
}

}  // namespace

std::string placeholders(std::size_t count) {
  std::string text = "?";
  for (std::size_t i = 1; i < count; ++i) text += ", ?";
  return text;
}

std::string ids_sha256(std::span<const std::int32_t> ids) {
  const std::string bytes = to_bytes(ids);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned size = 0;
  SG_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1, "SHA-256");
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

Result<std::optional<SequenceMeasurement>> select_sequence(Database& db, const RowKey& key,
                                                           std::span<const std::int32_t> ids) {
  SequenceMeasurement m;
  SG_TRY(const auto id, select_head(db, key, ids, m));
  if (!id) return std::optional<SequenceMeasurement>();
  SG_TRY_VOID(select_sites(db, *id, m));
  SG_TRY_VOID(select_massive(db, *id, "layer", m.massive));
  SG_TRY_VOID(select_massive(db, *id, "over", m.massive_values));
  SG_TRY_VOID(select_distributions(db, *id, m));
  return std::optional<SequenceMeasurement>(std::move(m));
}

Result<void> insert_sequence(Database& db, const RowKey& key, const SequenceMeasurement& m) {
  SequenceMeasurement ignored;
  SG_TRY(std::optional<std::int64_t> id, select_head(db, key, m.sequence.ids, ignored));
  if (!id) {
    SG_TRY(id, insert_head(db, key, m));
    SG_TRY_VOID(insert_massive(db, *id, "layer", m.massive));
    SG_TRY_VOID(insert_massive(db, *id, "over", m.massive_values));
  }
  SG_TRY_VOID(insert_sites(db, *id, m));
  return insert_distributions(db, *id, m);
}

}  // namespace sg
