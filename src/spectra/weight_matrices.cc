// Which matrices a model has, and where a role's rows lie in a fused tensor.
#include <fmt/format.h>

#include <set>

#include "model/weight_pages.h"
#include "spectra/weights.h"

namespace sg {
namespace {

MatrixSource source_of(const TensorInfo& t, bool transposed) {
  SG_CHECK(t.shape.size() == 2, "a matrix has two dimensions");
  if (const PackedMatrix* m = t.packed) {
    return {.stored = {.data = t.data,
                       .dtype = t.dtype,
                       .rows = m->rows,
                       .cols = m->cols,
                       .row_bytes = m->row_bytes,
                       .packed = m},
            .transposed = m->by_inputs};
  }
  const std::size_t rows = t.shape[0], row_bytes = rows == 0 ? 0 : t.bytes / rows;
  return {.stored = {.data = t.data, .dtype = t.dtype, .rows = rows, .cols = t.shape[1], .row_bytes = row_bytes},
          .transposed = transposed};
}

/// One of the matrices that are stacked in a tensor.
MatrixSource stacked_source(const TensorInfo& whole, std::size_t i, bool transposed) {
  TensorInfo one = whole;
  one.shape = {whole.shape[1], whole.shape[2]};
  one.bytes = whole.bytes / whole.shape[0];
  if (whole.packed == nullptr) one.data = whole.data + i * one.bytes;
  MatrixSource source = source_of(one, transposed);
  if (whole.packed == nullptr) return source;
  source.stored.rows = whole.packed->rows / whole.shape[0];
  source.stored.packed_row = i * source.stored.rows;
  source.stored.data += source.stored.packed_row * source.stored.row_bytes;
  return source;
}

/// Outputs [first, first + count) of a fused matrix.
MatrixSource outputs(MatrixSource m, std::size_t first, std::size_t count) {
  StoredRows& s = m.stored;
  if (s.packed != nullptr) {
    (m.transposed ? s.packed_col : s.packed_row) += first;
    (m.transposed ? s.cols : s.rows) = count;
    if (!m.transposed) s.data = s.row(first);
    return m;
  }
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
  m.stored.packed_row += first;
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
    RoleTensors t = model_.bindings.layers[l];
    for (const TensorInfo*& tensor : t) {  // layers may share a block
      if (tensor != nullptr && !seen_.insert(tensor).second) tensor = nullptr;
    }
    const bool transposed = spec_.family->conv1d && spec_.format == Format::kSafetensors;
    for (const Role role : {Role::kQ, Role::kQA, Role::kQB, Role::kKvA, Role::kKvB, Role::kK, Role::kV}) {
      add(t, role, l, transposed);
    }
    if (const TensorInfo* fused = get(t, Role::kQkv)) split_qkv(*fused, l, source_of(*fused, transposed));
    add(t, Role::kO, l, transposed);
    add(t, Role::kGate, l, transposed);
    add(t, Role::kUp, l, transposed);
    if (const TensorInfo* fused = get(t, Role::kGateUp)) {
      const MatrixSource m = source_of(*fused, transposed);
      push(Role::kGate, fused, l, outputs(m, 0, spec_.ffn_width));
      push(Role::kUp, fused, l, outputs(m, spec_.ffn_width, spec_.ffn_width));
    }
    add(t, Role::kDown, l, transposed);
    for (const Role role : {Role::kMixIn,          Role::kMixGate,       Role::kMixBeta,         Role::kMixAlpha,
                            Role::kMixSelect,      Role::kMixStep,       Role::kMixOut,          Role::kBesideOut,
                            Role::kQAdaptDown,     Role::kQAdaptUp,      Role::kKAdaptDown,      Role::kKAdaptUp,
                            Role::kVAdaptDown,     Role::kVAdaptUp,      Role::kGateUpAdaptDown, Role::kGateUpAdaptUp,
                            Role::kLayerInputGate, Role::kLayerInputOut, Role::kRouter,          Role::kLatentIn,
                            Role::kLatentOut,      Role::kSharedGate,    Role::kSharedUp,        Role::kSharedGateUp,
                            Role::kSharedDown}) {
      add(t, role, l, transposed);
    }
    for (const Role role : {Role::kExpertGate, Role::kExpertUp, Role::kExpertGateUp, Role::kExpertDown}) {
      experts(role, l);
    }
  }

 private:
  void experts(Role role, std::size_t l) {
    const bool by_inputs = spec_.family->experts.conv1d && spec_.format == Format::kSafetensors;
    const auto put = [&](const TensorInfo* tensor, std::size_t e, const MatrixSource& source) {
      push(role, tensor, l, source);
      found_.back().expert = e;
    };
    if (const auto apart = model_.bindings.parts.find({l, role}); apart != model_.bindings.parts.end()) {
      for (std::size_t e = 0; e < apart->second.size(); ++e) {
        put(apart->second[e], e, source_of(*apart->second[e], false));
      }
    } else if (const TensorInfo* whole = get(model_.bindings.layers[l], role)) {
      for (std::size_t e = 0; e < whole->shape[0]; ++e) put(whole, e, stacked_source(*whole, e, by_inputs));
    }
  }

  void push(Role role, const TensorInfo* tensor, std::optional<std::size_t> l, MatrixSource source) {
    found_.push_back({.role = std::string(name(role)), .tensor = tensor, .layer = l, .source = source});
  }
  void add(const RoleTensors& tensors, Role role, std::optional<std::size_t> l, bool transposed) {
    const TensorInfo* tensor = get(tensors, role);
    if (tensor != nullptr && tensor->shape.size() == 2) push(role, tensor, l, source_of(*tensor, transposed));
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
  std::set<const TensorInfo*> seen_;  // of layers
};

}  // namespace

std::string WeightMatrix::stored_name() const {
  return expert && tensor->shape.size() == 3 ? fmt::format("{}[{}]", tensor->name, *expert) : tensor->name;
}

std::vector<WeightMatrix> weight_matrices(const Model& model, bool all) {
  Lister lister(model);
  lister.outside(Role::kHead);
  lister.outside(Role::kEmbed);
  if (!all) return lister.take();
  for (const Role role :
       {Role::kPositionEmbed, Role::kProjectIn, Role::kProjectOut, Role::kLayerInputs, Role::kLayerInputProject})
    lister.outside(role);
  for (std::size_t l = 0; l < model.spec.layers; ++l) lister.layer(l);
  return lister.take();
}

}  // namespace sg
