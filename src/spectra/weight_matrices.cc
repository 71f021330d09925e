// Which matrices a model has, and where a role's rows lie in a fused tensor.
#include "model/weight_stream.h"
#include "spectra/weights.h"

namespace sg {
namespace {

StoredRows stored_rows(const TensorInfo& t) {
  SG_CHECK(t.shape.size() == 2, "a matrix has two dimensions");
  const std::size_t rows = t.shape[0];
  return {
      .data = t.data, .dtype = t.dtype, .rows = rows, .cols = t.shape[1], .row_bytes = rows == 0 ? 0 : t.bytes / rows};
}

/// Outputs [first, first + count) of a fused matrix.
MatrixSource outputs(MatrixSource m, std::size_t first, std::size_t count) {
  StoredRows& s = m.stored;
  if (m.transposed) {
    const DTypeTraits& t = traits(s.dtype);
    SG_CHECK(t.block_items == 1, "a transposed matrix has no blocks");
    s.data += first * t.block_bytes;
    s.cols = count;
  } else {
    s.data = s.row(first);
    s.rows = count;
  }
  return m;
}

/// Every `stride` outputs, `run` from `first`: what kPerHead gives a role.
MatrixSource runs(MatrixSource m, std::size_t first, std::size_t run, std::size_t stride, std::size_t groups) {
  SG_CHECK(!m.transposed, "heads are interleaved in rows");
  m.stored.data = m.stored.row(first);
  m.stored.run = run;
  m.stored.run_stride = stride;
  m.stored.rows = run * groups;
  return m;
}

class Lister {
 public:
  explicit Lister(const Model& model) : model_(model), spec_(model.spec) {}

  std::vector<WeightMatrix> take() { return std::move(found_); }

  void outside(Role role) { add(model_.bindings.model, role, std::nullopt, false); }

  void layer(std::size_t l) {
    const RoleTensors& t = model_.bindings.layers[l];
    const bool transposed = spec_.family->conv1d && spec_.format == Format::kSafetensors;
    for (const Role role : {Role::kQ, Role::kK, Role::kV}) add(t, role, l, transposed);
    if (const TensorInfo* fused = get(t, Role::kQkv)) split_qkv(*fused, l, {stored_rows(*fused), transposed});
    add(t, Role::kO, l, transposed);
    add(t, Role::kGate, l, transposed);
    add(t, Role::kUp, l, transposed);
    if (const TensorInfo* fused = get(t, Role::kGateUp)) {
      const MatrixSource m = {stored_rows(*fused), transposed};
      push(Role::kGate, fused, l, outputs(m, 0, spec_.ffn_width));
      push(Role::kUp, fused, l, outputs(m, spec_.ffn_width, spec_.ffn_width));
    }
    add(t, Role::kDown, l, transposed);
  }

 private:
  void push(Role role, const TensorInfo* tensor, std::optional<std::size_t> l, MatrixSource source) {
    found_.push_back({.role = std::string(name(role)), .tensor = tensor, .layer = l, .source = source});
  }
  void add(const RoleTensors& tensors, Role role, std::optional<std::size_t> l, bool transposed) {
    const TensorInfo* tensor = get(tensors, role);
    if (tensor != nullptr) push(role, tensor, l, {stored_rows(*tensor), transposed});
  }

  void split_qkv(const TensorInfo& fused, std::size_t l, const MatrixSource& m) {
    const std::size_t d = spec_.head_dim, q = spec_.heads * d, kv = spec_.kv_heads * d;
    switch (spec_.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds:
        push(Role::kQ, &fused, l, outputs(m, 0, q));
        push(Role::kK, &fused, l, outputs(m, q, kv));
        push(Role::kV, &fused, l, outputs(m, q + kv, kv));
        break;
      case QkvLayout::kPerHead: {
        const std::size_t groups = spec_.kv_heads, queries = q / groups, stride = queries + 2 * d;
        push(Role::kQ, &fused, l, runs(m, 0, queries, stride, groups));
        push(Role::kK, &fused, l, runs(m, queries, d, stride, groups));
        push(Role::kV, &fused, l, runs(m, queries + d, d, stride, groups));
        break;
      }
      case QkvLayout::kQuarters: {
        const std::size_t part = q / 4;
        push(Role::kQ, &fused, l, runs(m, 0, part, 3 * part, 4));
        push(Role::kK, &fused, l, runs(m, 2 * part, part, 3 * part, 4));
        push(Role::kV, &fused, l, runs(m, part, part, 3 * part, 4));
        break;
      }
    }
  }

  const Model& model_;
  const Spec& spec_;
  std::vector<WeightMatrix> found_;
};

}  // namespace

std::vector<WeightMatrix> weight_matrices(const Model& model, bool all) {
  Lister lister(model);
  lister.outside(Role::kHead);
  lister.outside(Role::kEmbed);
  if (!all) return lister.take();
  for (const Role role : {Role::kPositionEmbed, Role::kProjectIn, Role::kProjectOut}) lister.outside(role);
  for (std::size_t l = 0; l < model.spec.layers; ++l) lister.layer(l);
  return lister.take();
}

}  // namespace sg
