#include "store/row_bytes.h"

#include <cstring>
#include <limits>

namespace sg {

void RowWriter::put(std::uint64_t bits) {
  for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>((bits >> shift) & 0xff);
}

void RowWriter::put(std::string_view text) {
  put(std::uint64_t{text.size()});
  bytes_ += text;
}

void RowReader::get(std::uint64_t& bits) {
  bits = 0;
  ok_ = ok_ && bytes_.size() >= sizeof bits;
  if (!ok_) return;
  for (unsigned i = 0; i < sizeof bits; ++i) {
    bits |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
  }
  bytes_.remove_prefix(sizeof bits);
}

void RowReader::get(std::string& text) {
  std::uint64_t size = 0;
  get(size);
  text.clear();
  ok_ = ok_ && size <= bytes_.size();
  if (!ok_) return;
  text = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
}

void RowReader::get(bool& value) {
  std::uint64_t bits = 0;
  get(bits);
  ok_ = ok_ && bits <= 1;
  value = bits == 1;
}

void RowReader::get(std::int32_t& value) {
  std::uint64_t bits = 0;
  get(bits);
  value = static_cast<std::int32_t>(bits);
  ok_ = ok_ && static_cast<std::uint64_t>(std::int64_t{value}) == bits;
}

void RowReader::get(std::int64_t& value) {
  std::uint64_t bits = 0;
  get(bits);
  value = std::bit_cast<std::int64_t>(bits);
}

void RowReader::get(double& value) {
  std::uint64_t bits = 0;
  get(bits);
  value = std::bit_cast<double>(bits);
}

void RowReader::get(LayerTable& table) {
  std::uint64_t layers = 0, tokens = 0;
  get(layers);
  get(tokens);
  get(table.values);
  table.layers = layers;
  table.tokens = tokens;
  // By division: a product of damaged counts could come round to the right number.
  const std::uint64_t values = table.values.size();
  ok_ = ok_ &&
        (values == 0 ? layers == 0 || tokens == 0 : layers > 0 && values % layers == 0 && values / layers == tokens);
}

bool RowReader::next_is(std::string_view key) {
  const std::string_view before = bytes_;
  std::string found;
  if (ok_ && bytes_.size() >= sizeof(std::uint64_t) + key.size()) get(found);
  if (ok_ && found == key && before.size() != bytes_.size()) return true;
  bytes_ = before;
  return false;
}

}  // namespace sg
