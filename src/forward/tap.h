// Tap: who watches the forward pass. The pass calls it at every site and never knows who listens.
#pragma once

#include <cstddef>
#include <span>

#include "base/span2d.h"
#include "forward/routing.h"
#include "forward/site.h"

namespace sg {

/// Called from the thread that runs the pass, in the order of the sites. Views belong to the pass and are valid
/// during the call only, except that a block's attn_out stays unchanged until its resid_post.
/// Rows are the tokens of the batch, in its order.
class Tap {
 public:
  virtual ~Tap() = default;

  /// True of a tap that takes its numbers from the run's backend, whose calls it joins, and calls its finish() before
  /// it reads a row itself. For every other tap the pass does.
  virtual bool asks_backend() const { return false; }

  /// The stream, or the final norm's output.
  virtual void at(SiteRef site, ConstMatrixView rows) = 0;
  /// attn_out or mlp_out: `delta` is what is about to be added to `stream`, after every norm and multiplier.
  virtual void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) = 0;

  /// The rows whose logits are wanted, ascending; empty: the unembedding is not applied at all.
  virtual std::span<const std::size_t> logit_rows() const = 0;
  /// Logits of the tokens `rows` for ids first_id, first_id + 1, ...: (rows.size() x ids). For each row the
  /// slices come in ascending order and cover the vocabulary once.
  virtual void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) = 0;

  /// The logit lens: rows of resid_post[layer] that are wanted through the final norm (with this layer's own
  /// statistics) and the unembedding, ascending; empty: none. Slices as for logits; at the last layer the same bits.
  virtual std::span<const std::size_t> lens_rows(std::size_t layer) const;
  virtual void lens(std::size_t layer, std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z);

  /// Which experts the tokens of the batch went to, before the layer's mlp_out; layers without experts do not call it.
  virtual void routed(std::size_t layer, const Routing& routing);
};

inline std::span<const std::size_t> Tap::lens_rows(std::size_t) const { return {}; }
inline void Tap::routed(std::size_t, const Routing&) {}
inline void Tap::lens(std::size_t, std::span<const std::size_t>, std::size_t, ConstMatrixView) {}

}  // namespace sg
