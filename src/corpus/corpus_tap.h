// CorpusTap: what statistics of a corpus need beside token norms: the loss of every next token, and sums over channels.
#pragma once

#include <vector>

#include "forward/forward.h"
#include "measure/recorder.h"

namespace sg {

/// Over one window's tokens, for one layer's resid_post; one entry per channel.
struct ChannelSums {
  std::vector<double> sum, squares;  // in double, in the order of the tokens
  std::vector<float> largest;        // magnitudes
};

/// What one window gave.
struct WindowRows {
  SequenceMeasurement measured;
  std::vector<double> loss;           // nats, of the token after each; the last has none. Empty without logits
  std::vector<ChannelSums> channels;  // by layer
};

/// Listens for a Recorder and passes everything on to it. `out`: one entry per sequence, `measured.sequence` filled.
class CorpusTap final : public Tap {
 public:
  CorpusTap(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options, Backend& backend,
            std::span<WindowRows> out);

  bool asks_backend() const override { return true; }
  void at(SiteRef site, ConstMatrixView rows) override;
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) override {
    recorder_.adding(site, delta, stream);
  }
  std::span<const std::size_t> logit_rows() const override { return recorder_.logit_rows(); }
  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override;

  /// Call once after the pass.
  void finish();

 private:
  const TokenBatch& tokens_;
  Backend& backend_;
  std::span<WindowRows> out_;
  std::vector<SequenceMeasurement> measured_;
  Recorder recorder_;
  std::vector<std::int32_t> next_;  // by row: the id of the token after it, or -1
  std::vector<double> next_logit_;  // by row
};

}  // namespace sg
