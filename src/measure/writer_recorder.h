// WriterRecorder: a tap beside a recorder that takes apart what branches add to some channels.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "forward/feed_tap.h"
#include "forward/head_tap.h"
#include "measure/frozen_norm.h"
#include "measure/writers.h"

namespace sg {

/// Shows everything to `inner` as well, and heads to `inner_heads` where it is not null. Not thread-safe.
class WriterRecorder final : public HeadTap, public FeedTap {
 public:
  /// `places` are of this model (resolved layers); `out` has one entry per sequence of the batch, each as many as
  /// places.
  WriterRecorder(const Spec& spec, const TokenBatch& tokens, const Kernels& kernels, Tap& inner, HeadTap* inner_heads,
                 std::span<const WriterPlace> places, std::span<std::vector<Writers>> out);

  void at(SiteRef site, ConstMatrixView rows) override;
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) override;
  std::span<const std::size_t> logit_rows() const override { return inner_.logit_rows(); }
  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    inner_.logits(rows, first_id, z);
  }
  std::span<const std::size_t> lens_rows(std::size_t layer) const override { return inner_.lens_rows(layer); }
  void lens(std::size_t layer, std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    inner_.lens(layer, rows, first_id, z);
  }
  void routed(std::size_t layer, const Routing& routing) override { inner_.routed(layer, routing); }

  std::span<const char> marked_keys() const override;
  void attended(const Attended& heads) override;

  bool watches(std::size_t layer) const override;
  void fed(const Fed& network) override;
  void summed(Summed what, const NormWeights* norm, ConstMatrixView rows) override;

 private:
  /// A norm with the statistics of every row of the batch.
  struct RowNorms {
    std::vector<FrozenNorm> rows;  // empty: there is no such sum in the layer
  };
  /// What one network read of one row, and its weights into one channel.
  struct Reading {
    std::size_t network = 0;  // of networks_
    std::vector<float> hidden;
    double weight = 1;
  };
  /// One network's way into one channel.
  struct Weights {
    std::vector<double> row, means;  // by hidden unit; means over the channels, where a norm takes them off
    double bias = 0, bias_mean = 0;
  };
  struct SeenNetwork {
    Network kind;
    std::size_t expert = 0;
    std::vector<Weights> into;  // by place of in_hand_
  };
  /// One place in the layer in hand; numbers by row of the batch.
  struct Place {
    std::size_t number = 0, channel = 0;
    std::vector<double> pre, attn, attn_norm, mlp, mlp_norm, post;
    std::vector<double> heads;  // (rows x heads), of attn_out
    std::vector<double> attention_bias;
    double experts_bias = 0, experts_bias_mean = 0;  // behind the experts, before any norm
  };

  void begin_layer(std::size_t layer);
  void end_layer();
  bool wants(std::size_t row) const { return wanted_.empty() || wanted_[row] != 0; }
  void record_heads();
  Weights weights_into(const Linear& down, const Linear* behind, std::size_t channel) const;
  std::size_t row_of(const Place& place, std::size_t sequence) const;
  void write_networks(const Place& place, std::size_t at, std::size_t row, Writers& out) const;
  Writers written(const Place& place, std::size_t at, std::size_t sequence) const;

  const Spec& spec_;
  const TokenBatch& tokens_;
  const Kernels& kernels_;
  Tap& inner_;
  HeadTap* inner_heads_;
  std::span<const WriterPlace> places_;
  std::span<std::vector<Writers>> out_;

  // Of the layer in hand.
  std::size_t layer_ = 0;
  std::vector<Place> in_hand_;
  std::vector<char> wanted_;  // by row; empty: all, since a token is found when the layer ends
  std::size_t head_count_ = 0;
  Linear output_;
  ConstMatrixView context_;
  RowNorms attention_, mlp_, dense_, experts_;
  std::vector<SeenNetwork> networks_;
  std::map<std::size_t, std::vector<Reading>> readings_;  // by row
};

}  // namespace sg
