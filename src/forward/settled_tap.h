// SettledTap: the run's tap as the pass calls it, so that it finds its rows computed.
#pragma once

#include "forward/backend.h"
#include "forward/tap.h"

namespace sg {

class SettledTap final : public Tap {
 public:
  SettledTap(Tap& tap, Backend& backend) : tap_(tap), backend_(backend) {}

  void at(SiteRef site, ConstMatrixView rows) override { settled().at(site, rows); }
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) override {
    settled().adding(site, delta, stream);
  }
  std::span<const std::size_t> logit_rows() const override { return tap_.logit_rows(); }
  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    settled().logits(rows, first_id, z);
  }
  std::span<const std::size_t> lens_rows(std::size_t layer) const override { return tap_.lens_rows(layer); }
  void lens(std::size_t layer, std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    settled().lens(layer, rows, first_id, z);
  }

 private:
  Tap& settled() {
    if (!tap_.asks_backend()) backend_.finish();
    return tap_;
  }

  Tap& tap_;
  Backend& backend_;
};

}  // namespace sg
