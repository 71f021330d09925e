// The statistics as bytes: one form for equal statistics, the same on every machine.
#include <bit>

#include "corpus/statistics.h"

namespace sg {
namespace {

template <class T>
void write_to(PartWriter& out, const T& value) {
  value.write(out);
}
void write_to(PartWriter& out, double value) { out.real(value); }
void write_to(PartWriter& out, std::uint64_t value) { out.count(value); }
void write_to(PartWriter& out, std::uint32_t value) { out.count(value); }
void write_to(PartWriter& out, std::int32_t value) { out.integer(value); }
void write_to(PartWriter& out, const std::string& value) { out.text(value); }
void write_to(PartWriter& out, const TokenPlace& p) {
  out.count(p.document);
  out.count(p.position);
}
void write_to(PartWriter& out, const std::pair<std::uint32_t, std::uint32_t>& p) {
  out.count(p.first);
  out.count(p.second);
}
void write_to(PartWriter& out, const ChannelRow& r) {
  r.sum.write(out);
  r.squares.write(out);
  out.number(std::bit_cast<std::uint32_t>(r.largest), 4);
}
void write_to(PartWriter& out, const VocabularyRow& r) {
  out.count(r.count);
  r.norm.write(out);
  r.gain.write(out);
}
void write_to(PartWriter& out, const MassiveRow& r) {
  out.count(r.count);
  out.count(r.at_first);
  out.real(r.largest);
}
void write_to(PartWriter& out, const EntropyRow& r) {
  r.entropy.write(out);
  r.loss.write(out);
}
void write_to(PartWriter& out, const Extreme& e);
template <class K, class V>
void write_to(PartWriter& out, const std::map<K, V>& values);
template <class T>
void write_to(PartWriter& out, const std::vector<T>& values) {
  out.count(values.size());
  for (const T& value : values) write_to(out, value);
}
template <class K, class V>
void write_to(PartWriter& out, const std::map<K, V>& values) {
  out.count(values.size());
  for (const auto& [key, value] : values) {
    write_to(out, key);
    write_to(out, value);
  }
}
void write_to(PartWriter& out, const Extreme& e) {
  out.real(e.size);
  write_to(out, e.place);
  out.count(e.layer);
  out.count(e.channel);
  out.real(e.value);
  out.count(e.window_position);
  write_to(out, e.context);
}
void write_to(PartWriter& out, const TopList<Extreme>& list) { write_to(out, list.items()); }

template <class T>
Result<void> read_from(PartReader& in, T& value) {
  SG_TRY(value, T::read(in));
  return {};
}
Result<void> read_from(PartReader& in, double& value) {
  SG_TRY(value, in.real());
  return {};
}
Result<void> read_from(PartReader& in, std::uint64_t& value) {
  SG_TRY(value, in.count());
  return {};
}
Result<void> read_from(PartReader& in, std::uint32_t& value) {
  SG_TRY(const std::uint64_t wide, in.count(0xFFFFFFFF));
  value = static_cast<std::uint32_t>(wide);
  return {};
}
Result<void> read_from(PartReader& in, std::int32_t& value) {
  SG_TRY(const std::int64_t wide, in.integer());
  value = static_cast<std::int32_t>(wide);
  return {};
}
Result<void> read_from(PartReader& in, std::string& value) {
  SG_TRY(value, in.text());
  return {};
}
Result<void> read_from(PartReader& in, TokenPlace& p) {
  SG_TRY(p.document, in.count());
  SG_TRY(p.position, in.count());
  return {};
}
Result<void> read_from(PartReader& in, std::pair<std::uint32_t, std::uint32_t>& p) {
  SG_TRY_VOID(read_from(in, p.first));
  return read_from(in, p.second);
}
Result<void> read_from(PartReader& in, ChannelRow& r) {
  SG_TRY(r.sum, FixedSum::read(in));
  SG_TRY(r.squares, FixedSum::read(in));
  SG_TRY(const std::uint64_t bits, in.number(4));
  r.largest = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return {};
}
Result<void> read_from(PartReader& in, VocabularyRow& r) {
  SG_TRY(r.count, in.count());
  SG_TRY(r.norm, FixedSum::read(in));
  SG_TRY(r.gain, FixedSum::read(in));
  return {};
}
Result<void> read_from(PartReader& in, MassiveRow& r) {
  SG_TRY(r.count, in.count());
  SG_TRY(r.at_first, in.count());
  SG_TRY(r.largest, in.real());
  return {};
}
Result<void> read_from(PartReader& in, EntropyRow& r) {
  SG_TRY(r.entropy, Moments::read(in));
  SG_TRY(r.loss, Moments::read(in));
  return {};
}
Result<void> read_from(PartReader& in, Extreme& e);
template <class K, class V>
Result<void> read_from(PartReader& in, std::map<K, V>& values);
template <class T>
Result<void> read_from(PartReader& in, std::vector<T>& values) {
  SG_TRY(const std::size_t many, in.size(1));
  for (std::size_t i = 0; i < many; ++i) {
    SG_TRY_VOID(read_from(in, values.emplace_back()));
  }
  return {};
}
template <class K, class V>
Result<void> read_from(PartReader& in, std::map<K, V>& values) {
  SG_TRY(const std::size_t many, in.size(2));
  for (std::size_t i = 0; i < many; ++i) {
    K key{};
    SG_TRY_VOID(read_from(in, key));
    if (!values.empty() && !(values.rbegin()->first < key)) return Error{.what = "a table is not in its order"};
    SG_TRY_VOID(read_from(in, values.try_emplace(values.end(), std::move(key))->second));
  }
  return {};
}
Result<void> read_from(PartReader& in, Extreme& e) {
  SG_TRY(e.size, in.real());
  SG_TRY_VOID(read_from(in, e.place));
  SG_TRY_VOID(read_from(in, e.layer));
  SG_TRY_VOID(read_from(in, e.channel));
  SG_TRY(e.value, in.real());
  SG_TRY(e.window_position, in.count());
  return read_from(in, e.context);
}
Result<void> read_from(PartReader& in, TopList<Extreme>& list) {
  std::vector<Extreme> items;
  SG_TRY_VOID(read_from(in, items));
  for (Extreme& item : items) list.add(std::move(item));
  return {};
}

}  // namespace

void CorpusStatistics::write(PartWriter& out) const {
  each_piece([&](const auto& piece) { write_to(out, piece); });
}

Result<CorpusStatistics> CorpusStatistics::read(PartReader& in) {
  CorpusStatistics statistics;
  Result<void> done;
  statistics.each_piece([&](auto& piece) {
    if (done.ok()) done = read_from(in, piece);
  });
  if (!done.ok()) return std::move(done).error();
  return statistics;
}

}  // namespace sg
