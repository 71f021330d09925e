#include "store/store_views.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sg {
namespace {

constexpr const char* kNames =
    "CREATE TABLE IF NOT EXISTS models (fingerprint TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (fingerprint, key)) "
    "STRICT, WITHOUT ROWID;\n";

struct View {
  std::string_view name, select;
};

// The norms are arrays of float64 in little endian. SQL has no function that reads them, so the view takes the eight
// bytes apart: sign, exponent e and mantissa m, from their hexadecimal digits. A shift of 62 bits divides exactly, and
// norms are of that size; others go through a table of powers of two. An infinity is 9e999, which reads as one; a NaN
// is NULL.
constexpr View kViews[] = {
    {"v_norms", R"sql(
WITH RECURSIVE
  numbers(i) AS (
    SELECT 0 UNION ALL SELECT i + 1 FROM numbers
    WHERE i + 1 < (SELECT max(length(per_token)) / 8 FROM sites)),
  powers(n, p) AS (
    SELECT 0, 1.0 UNION ALL SELECT n + 1, p * 2.0 FROM powers WHERE n < 1023),
  digits AS MATERIALIZED (
    SELECT owner, site, layer, i AS position, hex(substr(per_token, 8 * i + 1, 8)) AS h
    FROM sites JOIN numbers ON i < length(per_token) / 8
    WHERE site IN ('embed', 'resid_pre', 'attn_out', 'resid_mid', 'mlp_out', 'resid_post', 'ln_final')),
  halves AS MATERIALIZED (
    SELECT owner, site, layer, position,
      (instr('0123456789ABCDEF', substr(h, 15, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 16, 1)) - 1 AS b7,
      (instr('0123456789ABCDEF', substr(h, 13, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 14, 1)) - 1 AS b6,
      (((((instr('0123456789ABCDEF', substr(h, 11, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 12, 1)) - 1) * 256
        + (instr('0123456789ABCDEF', substr(h, 9, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 10, 1)) - 1) * 256
        + (instr('0123456789ABCDEF', substr(h, 7, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 8, 1)) - 1) * 256
        + (instr('0123456789ABCDEF', substr(h, 5, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 6, 1)) - 1) * 65536
        + ((instr('0123456789ABCDEF', substr(h, 3, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 4, 1)) - 1) * 256
        + (instr('0123456789ABCDEF', substr(h, 1, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(h, 2, 1)) - 1 AS low
    FROM digits),
  parts AS MATERIALIZED (
    SELECT owner, site, layer, position, (b7 & 127) * 16 + (b6 >> 4) AS e, (b6 & 15) * 281474976710656 + low AS m,
      CASE WHEN b7 >= 128 THEN -1.0 ELSE 1.0 END AS sign
    FROM halves)
SELECT coalesce((SELECT min(key) FROM models WHERE models.fingerprint = s.fingerprint), s.fingerprint) AS model,
  s.text AS prompt, s.id AS sequence, p.site, p.layer, p.position,
  CASE
    WHEN e = 2047 THEN CASE WHEN m = 0 THEN sign * 9e999 END
    WHEN e BETWEEN 1013 AND 1075 THEN sign * (m + 4503599627370496) / (1 << (1075 - e))
    WHEN e > 1075 THEN sign * (m + 4503599627370496) * (SELECT p FROM powers WHERE n = e - 1075)
    WHEN e > 52 THEN sign * (m + 4503599627370496) / (SELECT p FROM powers WHERE n = 1075 - e)
    ELSE sign * (CASE WHEN e = 0 THEN m ELSE m + 4503599627370496 END)
      / (SELECT p FROM powers WHERE n = 1023) / (SELECT p FROM powers WHERE n = 52 - max(e, 1))
  END AS norm
FROM parts p JOIN sequences s ON s.id = p.owner)sql"},
    {"v_logits", R"sql(
SELECT coalesce((SELECT min(key) FROM models WHERE models.fingerprint = s.fingerprint), s.fingerprint) AS model,
  s.text AS prompt, s.id AS sequence, l.position, l.mean, l.std, l.max, l.min, l.entropy, l.effective_vocab,
  l.top10_prob_mass
FROM logits l JOIN sequences s ON s.id = l.owner)sql"},
    {"v_gains", R"sql(
WITH
  norms AS MATERIALIZED (
    SELECT model, prompt, sequence, site, layer, position, norm FROM v_norms WHERE site IN ('resid_pre', 'resid_post')),
  ends AS MATERIALIZED (SELECT sequence, max(position) AS last FROM norms GROUP BY sequence),
  reduced AS MATERIALIZED (
    SELECT model, prompt, n.sequence, site, layer,
      max(CASE WHEN position = last THEN norm END) AS at_last, avg(norm) AS mean, sum(norm * norm) AS squares,
      max(norm) AS largest
    FROM norms n JOIN ends e ON e.sequence = n.sequence GROUP BY n.sequence, site, layer),
  pairs AS MATERIALIZED (
    SELECT a.model, a.prompt, a.sequence, a.layer, b.at_last / a.at_last AS last, b.mean / a.mean AS mean,
      sqrt(b.squares / a.squares) AS frobenius, b.largest / a.largest AS largest
    FROM reduced a JOIN reduced b ON b.sequence = a.sequence AND b.layer = a.layer
    WHERE a.site = 'resid_pre' AND b.site = 'resid_post')
SELECT model, prompt, sequence, layer, 'last' AS reduction, last AS gain FROM pairs
UNION ALL SELECT model, prompt, sequence, layer, 'mean', mean FROM pairs
UNION ALL SELECT model, prompt, sequence, layer, 'frobenius', frobenius FROM pairs
UNION ALL SELECT model, prompt, sequence, layer, 'max', largest FROM pairs)sql"},
};

std::string definition(const View& view) { return fmt::format("CREATE VIEW {} AS{}", view.name, view.select); }

}  // namespace

Result<bool> has_views(Database& db) {
  for (const View& view : kViews) {
    Statement select(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name = ? AND sql = ?");
    select << std::string(view.name) << definition(view);
    SG_TRY([[maybe_unused]] const bool row, select.step());
    std::size_t count = 0;
    select >> count;
    if (count == 0) return false;
  }
  return true;
}

Result<void> make_views(Database& db) {
  std::string sql = kNames;
  for (const View& view : kViews) sql += fmt::format("DROP VIEW IF EXISTS {};\n{};\n", view.name, definition(view));
  return db.run(sql);
}

Result<void> replace_names(Database& db, std::span<const ModelName> names) {
  SG_TRY_VOID(db.run("DELETE FROM models"));
  for (const ModelName& name : names) {
    Statement insert(db, "INSERT OR IGNORE INTO models VALUES (?, ?)");
    SG_TRY_VOID((insert << name.fingerprint << name.key).run());
  }
  return {};
}

}  // namespace sg
