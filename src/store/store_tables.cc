#include "store/store_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sha.h"
#include "store/little_endian.h"
#include "store/merge.h"

namespace sg {
namespace {

/// What a block is found by, besides fingerprint and numerics: nothing, or the hash of the ids.
struct BlockKey {
  RowKey row;
  std::optional<std::string> ids_sha256 = {};
};

template <class Block>
constexpr const char* kTable = "";
template <>
constexpr const char* kTable<SequenceMeasurement> = "sequences";
template <>
constexpr const char* kTable<WeightsReport> = "weights";

/// Calls visit(table, rows) for every list of rows that is a table of its own.
template <class Block, class Visit>
void each_list(Block&& block, const Visit& visit) {
  each_field(block, [&]<class T>(const RowField& field, T&& value) {
    if constexpr (kIsRowList<std::remove_cvref_t<T>>) visit(field.key, value);
  });
}

/// Calls visit(site, row or table) for the norms and dots of a measurement; other blocks have none.
template <class Block, class Visit>
void each_site(Block& block, const Visit& visit) {
  each_field(block, [&]<class T>(const RowField&, T&& sites) {
    using Sites = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<Sites, SiteNorms> || std::is_same_v<Sites, SiteDots>) each_field(sites, visit);
  });
}

template <class Block>
std::string table_definition(const char* key_columns, const char* unique) {
  return fmt::format("CREATE TABLE {} (id INTEGER PRIMARY KEY, {}, {}, sha256 TEXT NOT NULL, UNIQUE ({})) STRICT;\n",
                     kTable<Block>, key_columns, fmt::join(columns_of<Block>().definitions, ", "), unique);
}

template <class Block>
std::string list_definitions() {
  std::string sql;
  const Block block;
  each_list(block, [&]<class Row>(const char* table, const std::vector<Row>&) {
    sql += fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (owner INTEGER NOT NULL REFERENCES {} (id) ON DELETE CASCADE, n INTEGER NOT "
        "NULL, {}, PRIMARY KEY (owner, n)) STRICT, WITHOUT ROWID;\n",
        table, kTable<Block>, fmt::join(columns_of<Row>().definitions, ", "));
  });
  return sql;
}

std::string placeholders(std::size_t count) {
  return fmt::format("{}", fmt::join(std::vector<std::string_view>(count, "?"), ", "));
}

template <class Row>
Result<void> insert_list(Database& db, const char* table, std::int64_t owner, const std::vector<Row>& rows) {
  const auto& names = columns_of<Row>().names;
  Statement insert(db, fmt::format("INSERT INTO {} (owner, n, {}) VALUES ({})", table, fmt::join(names, ", "),
                                   placeholders(names.size() + 2)));
  for (std::size_t n = 0; n < rows.size(); ++n) {
    insert << owner << n << rows[n];
    SG_TRY_VOID(insert.run());
  }
  return {};
}

template <class Row>
Result<void> select_list(Database& db, const char* table, std::int64_t owner, std::vector<Row>& rows) {
  Statement select(
      db, fmt::format("SELECT {} FROM {} WHERE owner = ? ORDER BY n", fmt::join(columns_of<Row>().names, ", "), table));
  select << owner;
  for (;;) {
    SG_TRY(const bool more, select.step());
    if (!more) return {};
    read_row(select, rows.emplace_back());
    SG_TRY_VOID(select.check(fmt::format("a row of {}", table)));
  }
}

Result<void> insert_sites(Database& db, std::int64_t owner, const SequenceMeasurement& m) {
  Statement insert(db, "INSERT INTO sites (owner, site, layer, per_token) VALUES (?, ?, ?, ?)");
  Result<void> done;
  const auto add = [&](const char* site, std::size_t layer, std::span<const double> per_token) {
    if (done.ok()) done = (insert << owner << site << layer << per_token).run();
  };
  each_site(m, [&]<class T>(const RowField& site, const T& value) {
    if constexpr (std::is_same_v<T, LayerTable>) {
      SG_CHECK(value.values.size() == value.layers * value.tokens, "a table of layers x tokens");
      for (std::size_t l = 0; l < value.layers; ++l) add(site.key, l, {value.row(l), value.tokens});
    } else if (!value.empty()) {
      add(site.key, 0, value);
    }
  });
  return done;
}

/// One row of `sites`; false when it does not belong where it stands.
bool append_site(SequenceMeasurement& m, const std::string& name, std::size_t layer, const std::vector<double>& row) {
  bool fits = false;
  each_site(m, [&]<class T>(const RowField& site, T& value) {
    if (name != site.key) return;
    if constexpr (std::is_same_v<T, LayerTable>) {
      if (layer != value.layers || (layer > 0 && row.size() != value.tokens)) return;
      value.tokens = row.size();
      value.layers += 1;
      value.values.insert(value.values.end(), row.begin(), row.end());
    } else {
      if (layer != 0) return;
      value = row;
    }
    fits = true;
  });
  return fits;
}

Result<void> select_sites(Database& db, std::int64_t owner, SequenceMeasurement& m) {
  Statement select(db, "SELECT site, layer, per_token FROM sites WHERE owner = ? ORDER BY site, layer");
  select << owner;
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

Result<void> insert_sites(Database&, std::int64_t, const WeightsReport&) { return {}; }
Result<void> select_sites(Database&, std::int64_t, WeightsReport&) { return {}; }

/// The statistics of a matrix have its shape, which is stored once.
void complete(WeightsReport& report) {
  for (WeightRow& row : report.matrices) {
    if (row.statistics) row.statistics->rows = row.rows;
    if (row.statistics) row.statistics->cols = row.cols;
  }
}
void complete(SequenceMeasurement&) {}

/// Of the key and of everything under it.
template <class Block>
std::string checksum(const BlockKey& key, const Block& block) {
  RowWriter writer;
  writer.put(key.row.fingerprint);
  writer.put(key.row.numerics);
  writer.put(key.ids_sha256.value_or(""));
  writer.put(block);
  return sha256_hex(writer.take());
}

template <class Block>
struct Stored {
  std::int64_t id = 0;
  Block block;
};

template <class Block>
Result<std::optional<Stored<Block>>> select_block(Database& db, const BlockKey& key) {
  Statement select(db, fmt::format("SELECT id, sha256, {} FROM {} WHERE fingerprint = ? AND numerics = ?{}",
                                   fmt::join(columns_of<Block>().names, ", "), kTable<Block>,
                                   key.ids_sha256 ? " AND ids_sha256 = ?" : ""));
  select << key.row.fingerprint << key.row.numerics;
  if (key.ids_sha256) select << *key.ids_sha256;
  SG_TRY(const bool there, select.step());
  if (!there) return std::optional<Stored<Block>>();
  std::size_t id = 0;
  std::string sum;
  Stored<Block> stored;
  select >> id >> sum;
  read_row(select, stored.block);
  SG_TRY_VOID(select.check(fmt::format("a row of {}", kTable<Block>)));
  stored.id = static_cast<std::int64_t>(id);
  SG_TRY_VOID(select_sites(db, stored.id, stored.block));
  Result<void> lists;
  each_list(stored.block, [&](const char* table, auto& rows) {
    if (lists.ok()) lists = select_list(db, table, stored.id, rows);
  });
  SG_TRY_VOID(lists);
  complete(stored.block);
  if (checksum(key, stored.block) != sum)
    return db.damaged(fmt::format("values of {} beside a checksum", kTable<Block>));
  return std::optional(std::move(stored));
}

template <class Block>
Result<void> insert_block(Database& db, const BlockKey& key, const Block& block) {
  const auto& names = columns_of<Block>().names;
  Statement insert(db, fmt::format("INSERT INTO {} (fingerprint, numerics{}, sha256, {}) VALUES ({})", kTable<Block>,
                                   key.ids_sha256 ? ", ids_sha256" : "", fmt::join(names, ", "),
                                   placeholders(names.size() + (key.ids_sha256 ? 4 : 3))));
  insert << key.row.fingerprint << key.row.numerics;
  if (key.ids_sha256) insert << *key.ids_sha256;
  insert << checksum(key, block) << block;
  SG_TRY_VOID(insert.run());
  const std::int64_t id = db.last_row();
  SG_TRY_VOID(insert_sites(db, id, block));
  Result<void> lists;
  each_list(block, [&](const char* table, const auto& rows) {
    if (lists.ok()) lists = insert_list(db, table, id, rows);
  });
  return lists;
}

/// Inserted, or joined to what is there and written anew.
template <class Block>
Result<void> put_block(Database& db, const BlockKey& key, const Block& block) {
  SG_TRY(const auto stored, select_block<Block>(db, key));
  if (!stored) return insert_block(db, key, block);
  Block joined = stored->block;
  add_missing(joined, block);
  if (checksum(key, joined) == checksum(key, stored->block)) return {};
  Statement remove(db, fmt::format("DELETE FROM {} WHERE id = ?", kTable<Block>));
  SG_TRY_VOID((remove << stored->id).run());
  return insert_block(db, key, joined);
}

template <class Block>
Result<std::optional<Block>> find_block(Database& db, const BlockKey& key) {
  SG_TRY(auto stored, select_block<Block>(db, key));
  return stored ? std::optional(std::move(stored->block)) : std::nullopt;
}

BlockKey sequence_key(const RowKey& key, std::span<const std::int32_t> ids) {
  return {{.fingerprint = fingerprint_of_rows(key), .numerics = key.numerics}, sha256_hex(to_bytes(ids))};
}

}  // namespace

std::vector<StoreTable> store_tables() {
  std::vector<StoreTable> tables = {{kTable<SequenceMeasurement>, columns_of<SequenceMeasurement>()},
                                    {kTable<WeightsReport>, columns_of<WeightsReport>()}};
  const auto add = [&]<class Row>(const char* table, const std::vector<Row>&) {
    tables.push_back({table, columns_of<Row>()});
  };
  each_list(SequenceMeasurement(), add);
  each_list(WeightsReport(), add);
  return tables;
}

std::string list_tables() { return list_definitions<SequenceMeasurement>() + list_definitions<WeightsReport>(); }

std::string store_schema() {
  return table_definition<SequenceMeasurement>(
             "fingerprint TEXT NOT NULL, numerics INTEGER NOT NULL, ids_sha256 TEXT NOT NULL",
             "fingerprint, numerics, ids_sha256") +
         "CREATE TABLE sites (owner INTEGER NOT NULL REFERENCES sequences (id) ON DELETE CASCADE, site TEXT NOT NULL, "
         "layer INTEGER NOT NULL, per_token BLOB NOT NULL, PRIMARY KEY (owner, site, layer)) STRICT, WITHOUT ROWID;\n" +
         table_definition<WeightsReport>("fingerprint TEXT NOT NULL, numerics INTEGER NOT NULL",
                                         "fingerprint, numerics") +
         list_tables() +
         "CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), record BLOB NOT NULL, sha256 TEXT NOT NULL) "
         "STRICT;\n";
}

Result<std::optional<SequenceMeasurement>> select_sequence(Database& db, const RowKey& key,
                                                           std::span<const std::int32_t> ids) {
  SG_TRY(auto found, find_block<SequenceMeasurement>(db, sequence_key(key, ids)));
  const bool same =
      !found || std::equal(ids.begin(), ids.end(), found->sequence.ids.begin(), found->sequence.ids.end());
  if (!same) return db.damaged("ids under another's hash");
  return found;
}

Result<void> insert_sequence(Database& db, const RowKey& key, const SequenceMeasurement& m) {
  return put_block(db, sequence_key(key, m.sequence.ids), m);
}

Result<std::optional<WeightsReport>> select_weights(Database& db, const RowKey& key) {
  return find_block<WeightsReport>(db, {key});
}

Result<void> insert_weights(Database& db, const RowKey& key, const WeightsReport& report) {
  return put_block(db, {key}, report);
}

}  // namespace sg
