#include "model/weight_pages.h"

#include <algorithm>

#include "io/file_map.h"
#include "io/window.h"
#include "model/forms/forms.h"

namespace sg {

WeightView weight_view(const TensorInfo& tensor, bool transposed) {
  SG_CHECK(tensor.shape.size() == 2 || tensor.shape.size() == 1, "a matrix has two dimensions, or is one row");
  const bool one_row = tensor.shape.size() == 1;
  const std::size_t stored_rows = one_row ? 1 : tensor.shape[0], stored_cols = tensor.shape[one_row ? 0 : 1];
  if (tensor.packed != nullptr) {
    return {.data = tensor.data,
            .dtype = tensor.dtype,
            .rows = transposed ? stored_cols : stored_rows,
            .cols = transposed ? stored_rows : stored_cols,
            .row_bytes = tensor.packed->row_bytes,
            .transposed = tensor.packed->by_inputs,
            .packed = tensor.packed};
  }
  return {.data = tensor.data,
          .dtype = tensor.dtype,
          .rows = transposed ? stored_cols : stored_rows,
          .cols = transposed ? stored_rows : stored_cols,
          .row_bytes = stored_rows == 0 ? 0 : tensor.bytes / stored_rows,
          .transposed = transposed};
}

ByteRanges ranges_of(const WeightView& w) {
  const std::size_t stored_rows = w.transposed ? w.cols : w.rows;
  if (w.packed == nullptr) return {{w.data, stored_rows * w.row_bytes}};
  ByteRanges ranges;
  const std::size_t all = w.packed->rows;
  for (const auto& part : w.packed->parts) {
    const std::size_t begin = part.size() * w.packed_row / all;
    const std::size_t end = (part.size() * (w.packed_row + stored_rows) + all - 1) / all;
    ranges.push_back(part.subspan(begin, end - begin));
  }
  return ranges;
}

namespace {

Result<void> check_all_scales(std::span<const TensorInfo* const> tensors, const Checkpoint& checkpoint) {
  for (const TensorInfo* tensor : tensors) {
    if (tensor == nullptr || tensor->packed == nullptr) continue;
    bring(*tensor);
    for (const auto& part : tensor->packed->parts) {  // of an expert that nobody chooses nothing else is read
      if (part.data() != tensor->packed->codes) prefetch_all(part);
    }
    SG_TRY_VOID(check_scales(*tensor, checkpoint));
  }
  return {};
}

}  // namespace

Result<void> check_layer_scales(const Model& model, std::size_t l) {
  if (model.checkpoint.made.tensors.empty()) return {};
  SG_TRY_VOID(check_all_scales(model.bindings.layers[l], model.checkpoint));
  for (auto at = model.bindings.parts.lower_bound({l, Role{}}); at != model.bindings.parts.end(); ++at) {
    if (at->first.first != l) break;
    SG_TRY_VOID(check_all_scales(at->second, model.checkpoint));
  }
  return {};
}
Result<void> check_outer_scales(const Model& model) { return check_all_scales(model.bindings.model, model.checkpoint); }

// Of so many rows one is asked for, or fewer.
constexpr std::size_t kFewRowsShare = 128;

void bring(const WeightView& matrix) {
  if (matrix.packed != nullptr) return ensure(matrix.packed->parts);
  const std::size_t stored_rows = matrix.transposed ? matrix.cols : matrix.rows;
  if (matrix.data != nullptr) ensure({matrix.data, stored_rows * matrix.row_bytes});
}
void bring_rows(const WeightView& table, const std::vector<std::size_t>& rows) {
  if (table.packed != nullptr) return bring(table);
  ByteRanges ranges;
  for (const std::size_t row : rows) ranges.emplace_back(table.data + row * table.row_bytes, table.row_bytes);
  if (is_in_window(table.data)) return ensure(ranges);
  // Few rows alone; of many the system is to read what is between them too.
  if (rows.size() * kFewRowsShare < table.rows) std::ranges::for_each(ranges, prefetch_all);
}
void bring(const TensorInfo& tensor) { ensure(tensor.ranges()); }

void read_ahead(const TensorInfo& tensor) {
  for (const auto& range : tensor.ranges()) prefetch(range);
}
void read_ahead(const ExpertWeights& expert) {
  for (const Linear* linear : {&expert.gate, &expert.up, &expert.gate_up, &expert.down}) {
    if (!*linear) continue;
    for (const auto& range : ranges_of(linear->w)) prefetch_all(range);
  }
}
void read_ahead_layer(const Model& model, std::size_t l) {
  for (std::size_t r = 0; r < model.bindings.layers[l].size(); ++r) {
    const TensorInfo* tensor = model.bindings.layers[l][r];
    // Of the experts only those are read that a token chooses.
    if (tensor != nullptr && !is_of_experts(static_cast<Role>(r))) read_ahead(*tensor);
  }
}
void give_back(const Model& model, const TensorInfo& tensor) {
  for (const auto& range : spent_ranges(model.checkpoint, tensor.ranges(), {})) release(range);
}

namespace {

// The largest piece in which Linux keeps a file in memory, and maps it at one touch: a huge page of x86-64.
constexpr std::size_t kLargestPiece = std::size_t{2} << 20;

bool begins_before(std::span<const std::byte> a, std::span<const std::byte> b) { return a.data() < b.data(); }

/// The range and its surroundings, as far as the mapping of its file goes; never beyond, where other memory lies.
std::span<const std::byte> with_surroundings(const Checkpoint& checkpoint, std::span<const std::byte> range) {
  if (is_in_window(range.data())) return range;  // no more is there than was asked for
  for (const FileMap& file : checkpoint.files) {
    const std::byte *first = file.bytes().data(), *last = first + file.bytes().size();
    if (range.data() < first || range.data() >= last) continue;
    const auto before = static_cast<std::size_t>(range.data() - first);
    const auto after = static_cast<std::size_t>(last - range.data()) - range.size();
    const std::size_t left = std::min(kLargestPiece, before), right = std::min(kLargestPiece, after);
    return {range.data() - left, range.size() + left + right};
  }
  return {};
}

}  // namespace

ByteRanges spent_ranges(const Checkpoint& checkpoint, const ByteRanges& done, const ByteRanges& kept) {
  ByteRanges wide, keep = kept, spent;
  for (const auto& range : done) {
    if (!range.empty()) wide.push_back(with_surroundings(checkpoint, range));
  }
  std::sort(wide.begin(), wide.end(), begins_before);
  std::sort(keep.begin(), keep.end(), begins_before);
  const std::byte* at = nullptr;  // all before is in `spent`, or stays
  auto next = keep.begin();
  for (const auto& range : wide) {
    const std::byte* const end = range.data() + range.size();
    at = std::max(at, range.data());
    while (next != keep.end() && next->data() + next->size() <= at) ++next;
    for (; next != keep.end() && next->data() < end; ++next) {
      if (at < next->data()) spent.emplace_back(at, next->data());
      at = std::max(at, next->data() + next->size());
      if (at > end) break;  // it also reaches into the next range
    }
    if (at < end) spent.emplace_back(at, end);
    at = std::max(at, end);
  }
  return spent;
}

}  // namespace sg
