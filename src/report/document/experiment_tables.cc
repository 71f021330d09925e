#include "report/document/experiment_tables.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "base/number_text.h"
#include "report/document/experiment_words.h"
#include "report/text/value_text.h"

namespace sg {
namespace {

std::string title_of(const std::string& title, const std::string& name) { return title.empty() ? name : title; }

DocumentTable::Cell cell_of(const Value& value, const std::string& format) {
  DocumentTable::Cell cell = {
      .text = value_text(value, format), .sort_key = "", .whole = std::holds_alternative<Pairs>(value)};
  if (const auto* x = std::get_if<double>(&value)) cell.sort_key = exact(*x);
  if (const auto* n = std::get_if<std::int64_t>(&value)) cell.sort_key = std::to_string(*n);
  return cell;
}

bool numeric_column(const ResultTable& table, std::size_t column) {
  return std::ranges::any_of(
      table.rows, [&](const ResultRow& row) { return column < row.cells.size() && is_number(row.cells[column]); });
}

/// A reason and whom it concerns, each reason once.
class Footnotes {
 public:
  void add(const std::string& why, const std::string& who) {
    const auto same = std::ranges::find_if(notes_, [&](const Note& n) { return n.why == why; });
    if (same == notes_.end()) {
      notes_.push_back({why, {who}});
    } else {
      same->who.push_back(who);
    }
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const Note& note : notes_) {
      std::string who = note.who.front();
      if (note.who.size() > 1 && note.who.size() <= kNamed) {
        for (std::size_t i = 1; i < note.who.size(); ++i) who += "; " + note.who[i];
      } else if (note.who.size() > kNamed) {
        who += " and " + count_of(note.who.size() - 1, "other", "others");
      }
      out.push_back(who + ": " + note.why);
    }
    return out;
  }

 private:
  static constexpr std::size_t kNamed = 4;
  struct Note {
    std::string why;
    std::vector<std::string> who;
  };
  std::vector<Note> notes_;
};

/// A count for every word of one kind, in the order of first appearance.
class Tally {
 public:
  struct Count {
    std::string word;
    std::size_t evaluated = 0, agreeing = 0;
  };
  void add(const std::string& word, bool agrees) {
    auto found = std::ranges::find_if(counts_, [&](const Count& c) { return c.word == word; });
    if (found == counts_.end()) found = counts_.insert(counts_.end(), Count{word});
    ++found->evaluated;
    found->agreeing += agrees ? 1 : 0;
  }
  std::vector<Count>& counts() { return counts_; }

 private:
  std::vector<Count> counts_;
};

/// Why cells of `columns` have no value: of a column that is absent in every measured row for one reason the title
/// alone.
void add_absences(const ResultTable& table, const std::vector<DocumentTable::Column>& columns, Footnotes& notes) {
  const auto measured = static_cast<std::size_t>(
      std::ranges::count_if(table.rows, [](const ResultRow& row) { return !row.error.has_value(); }));
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::vector<std::pair<std::string, std::string>> whys;  // the model and its reason
    for (const ResultRow& row : table.rows) {
      const auto why = row.error || c >= row.cells.size() ? std::nullopt : why_absent(row.cells[c]);
      if (why && !why->empty()) whys.emplace_back(title_of(row.label, row.key), *why);
    }
    const auto same = [&](const auto& one) { return one.second == whys.front().second; };
    if (whys.size() > 1 && whys.size() == measured && std::ranges::all_of(whys, same)) {
      notes.add(whys.front().second, columns[c + 1].head);
      continue;
    }
    for (const auto& [who, why] : whys) notes.add(why, who + ", " + columns[c + 1].head);
  }
}

}  // namespace

DocumentTable rows_table(const ResultTable& table) {
  DocumentTable out = {.title = table.title, .columns = {{"Model", false, "model"}}, .rows = {}, .note = table.note};
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const ColumnHead& head = table.columns[c];
    out.columns.push_back({title_of(head.title, head.name), numeric_column(table, c), head.name});
  }
  Footnotes notes;
  for (const ResultRow& row : table.rows) {
    const std::string name = title_of(row.label, row.key);
    std::vector<DocumentTable::Cell> cells = {{name, ""}};
    out.keys.push_back(row.key);
    if (row.error) notes.add("not measured", name);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Value cell = !row.error && c < row.cells.size() ? row.cells[c] : Value(Absent{});
      cells.push_back(cell_of(cell, table.columns[c].format));
    }
    out.rows.push_back(std::move(cells));
  }
  add_absences(table, out.columns, notes);
  out.footnotes = notes.texts();
  return out;
}

DocumentTable columns_table(const ResultTable& models) {
  DocumentTable out = {.name = "quantities",
                       .title = "Every quantity of every model",
                       .columns = {{"Quantity"}},
                       .rows = {},
                       .folded = true};
  std::vector<const ResultRow*> measured;
  for (const ResultRow& row : models.rows) {
    if (row.error) continue;
    measured.push_back(&row);
    out.columns.push_back({title_of(row.label, row.key), true});
  }
  for (std::size_t c = 0; c < models.columns.size(); ++c) {
    const ColumnHead& head = models.columns[c];
    std::vector<DocumentTable::Cell> cells = {{title_of(head.title, head.name), ""}};
    bool plain = !measured.empty();
    for (const ResultRow* row : measured) {
      const Value value = c < row->cells.size() ? row->cells[c] : Value(Absent{});
      plain = plain && !is_list(value);
      cells.push_back(cell_of(value, head.format));
    }
    if (!plain) continue;
    out.rows.push_back(std::move(cells));
    out.keys.push_back(head.name);
  }
  return out;
}

DocumentTable checkpoints_table(const ResultTable& models) {
  DocumentTable out = {.name = "checkpoints",
                       .title = "Models",
                       .columns = {{"Model"},
                                   {"In the place of"},
                                   {"Measured"},
                                   {"Family"},
                                   {"Layers", true},
                                   {"Width", true},
                                   {"Parameters", true},
                                   {"Stored as"},
                                   {"Fingerprint"}},
                       .rows = {},
                       .note = "Measured is the name of the file or folder that was opened under the model's name."};
  for (const ResultRow& row : models.rows) {
    if (!row.measured) continue;
    const MeasuredModel& m = *row.measured;
    out.rows.push_back({{title_of(row.label, row.key), ""},
                        {m.stands_for.empty() ? std::string(kNoValue) : m.stands_for, ""},
                        {m.id, ""},
                        {m.family, ""},
                        count_cell(m.layers),
                        count_cell(m.width),
                        {short_count(m.parameters), std::to_string(m.parameters)},
                        {m.dtype, ""},
                        {short_fingerprint(m.fingerprint), ""}});
  }
  return out;
}

DocumentTable values_table(const std::vector<NamedValue>& values) {
  DocumentTable out = {.name = "values", .columns = {{"Quantity"}, {"Value", true}, {"Method"}}, .rows = {}};
  std::set<std::pair<std::string, std::string>> said;  // statistics without a value, and the reason
  for (const NamedValue& v : values) {
    const auto why = why_absent(v.value);
    const std::size_t part = v.name.find('.');
    // The parts of a statistic that lack a value for one reason are one row.
    if (why && part != std::string::npos && !said.emplace(v.name.substr(0, part), *why).second) continue;
    const std::string method = why ? (v.method.empty() ? *why : v.method + ": " + *why) : v.method;
    out.rows.push_back({{title_of(v.title, v.name), ""}, cell_of(v.value, v.format), {method, ""}});
    out.keys.push_back(v.name);
  }
  return out;
}

namespace {

/// With the digits that were reported.
DocumentTable::Cell reported_cell(const Value& value) {
  DocumentTable::Cell cell = cell_of(value, "");
  constexpr std::size_t kLongest = 10;
  const auto* x = std::get_if<double>(&value);
  if (x != nullptr && exact(*x).size() <= kLongest && std::abs(*x) < 10000) cell.text = exact(*x);
  return cell;
}

}  // namespace

DocumentTable references_table(const std::vector<ReferenceValue>& references) {
  DocumentTable out = {
      .name = "references", .columns = {{"Quantity"}, {"Reported", true}, {"Here", true}, {"Source"}}, .rows = {}};
  Footnotes notes;
  for (const ReferenceValue& r : references) {
    out.rows.push_back({{r.what, ""}, reported_cell(r.theirs), cell_of(r.ours, ""), {r.source, ""}});
    const auto why = why_absent(r.ours);
    if (why && !why->empty()) notes.add(*why, r.what);
  }
  out.footnotes = notes.texts();
  return out;
}

DocumentTable labels_table(const Verdict& verdict) {
  Tally labels;
  for (const Universe& u : verdict.multiverse.universes) {
    if (!u.label.empty()) labels.add(u.label, u.label == verdict.label);
  }
  auto& counts = labels.counts();
  std::ranges::stable_sort(counts,
                           [](const Tally::Count& a, const Tally::Count& b) { return a.evaluated > b.evaluated; });
  DocumentTable out = {.name = "conclusions-" + verdict.name,
                       .columns = {{"Conclusion"}, {"Combinations", true}, {"Share", true}},
                       .rows = {}};
  for (const Tally::Count& c : counts) {
    const std::string own = c.word == verdict.label ? " (its own definition)" : "";
    out.rows.push_back({{c.word + own, ""},
                        count_cell(c.evaluated),
                        {share_text(c.evaluated, verdict.multiverse.evaluated), std::to_string(c.evaluated)}});
  }
  return out;
}

DocumentTable choices_table(const Verdict& verdict) {
  DocumentTable out = {.name = "choices-" + verdict.name,
                       .title =
                           "How often each choice leads to the same conclusion as the experiment's own definition, "
                           "over all values of the other choices",
                       .columns = {{"Choice"}, {"Value"}, {"Agree", true}, {"Evaluated", true}, {"Share", true}},
                       .rows = {}};
  for (const UniverseChoice& choice : kUniverseChoices) {
    const auto part = choice.word;
    if (!is_made(choice, verdict.multiverse.universes)) continue;
    Tally tally;
    for (const Universe& u : verdict.multiverse.universes) {
      if (!u.label.empty()) tally.add(u.*part, u.label == verdict.label);
    }
    for (const Tally::Count& c : tally.counts()) {
      out.rows.push_back({{choice.name, ""},
                          {c.word, ""},
                          count_cell(c.agreeing),
                          count_cell(c.evaluated),
                          {share_text(c.agreeing, c.evaluated),
                           exact(static_cast<double>(c.agreeing) / static_cast<double>(c.evaluated))}});
    }
  }
  return out;
}

}  // namespace sg
