// The sums of logits that kernel/logits-inl.h folds slice by slice, a thread per lane of a row.
#pragma once

#include "cuda/rows.h"
#include "forward/logit_summary.h"

namespace sg::cuda {

/// What a lane finds in one slice of logits, or all lanes together.
struct SliceExtremes {
  float low, high;
  std::uint64_t non_finite;

  SG_DEVICE void take(const SliceExtremes& other) {
    low = other.low < low ? other.low : low;
    high = other.high > high ? other.high : high;
    non_finite += other.non_finite;
  }
};
SG_DEVICE SliceExtremes lane_extremes(const float* z, unsigned lane, unsigned n) {
  SliceExtremes own = {HUGE_VALF, -HUGE_VALF, 0};
  for (unsigned i = lane; i < n; i += kLanes) {
    const bool finite = (std::bit_cast<std::uint32_t>(z[i]) & 0x7f800000u) != 0x7f800000u;
    own.take({z[i], z[i], finite ? 0u : 1u});
  }
  return own;
}

/// Sums over one slice, of a row's lanes.
struct SliceSums {
  LaneArray<double> z, shift, shift_squares;  // of z, z - origin and its square
  LaneArray<double> weight, weighted;         // of e^(z - max) and e^(z - max) (z - max)
};

/// What was folded so far, moved to the maximum of it and a slice.
SG_DEVICE LogitFold with_maximum(LogitFold fold, const SliceExtremes& slice, double first) {
  const double high = static_cast<double>(slice.high), low = static_cast<double>(slice.low);
  if (fold.count == 0) {
    fold.origin = first;
    fold.max = high;
    fold.min = low;
  } else if (high > fold.max) {
    const double distance = high - fold.max, factor = exp(-distance);
    fold.sum_exp_shift = (fold.sum_exp_shift - fold.sum_exp * distance) * factor;
    fold.sum_exp *= factor;
    fold.max = high;
  }
  fold.min = low < fold.min ? low : fold.min;
  return fold;
}

/// Folds row r of z, of ids first_id, first_id + 1, ..., into summaries[r].
struct FoldCall {
  const float* z;
  std::size_t z_stride;
  unsigned rows, cols, first_id;
  LogitSummary* summaries;
};
SG_DEVICE void fold_logits(const Block& block, const FoldCall& call) {
  SG_SHARED SliceExtremes found[kRowsPerBlock * kLanes];
  SG_SHARED SliceSums sums;
  const unsigned n = call.cols;
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    found[place * kLanes + lane] = lane_extremes(call.z + row * call.z_stride, lane, n);
  });
  const auto moved = [&](unsigned row, unsigned place) {
    SliceExtremes all = found[place * kLanes];
    for (unsigned l = 1; l < kLanes; ++l) all.take(found[place * kLanes + l]);
    LogitFold fold = with_maximum(call.summaries[row].fold, all, wide(call.z[row * call.z_stride]));
    fold.non_finite += all.non_finite;
    return fold;
  };
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    const float* z = call.z + row * call.z_stride;
    const LogitFold fold = moved(row, place);
    const auto shift = [&](unsigned i) { return wide(z[i]) - fold.origin; };
    sums.z[place][lane] = lane_sum(lane, n, [&](unsigned i) { return wide(z[i]); });
    sums.shift[place][lane] = lane_sum(lane, n, shift);
    sums.shift_squares[place][lane] = lane_sum(lane, n, [&](unsigned i) { return shift(i) * shift(i); });
    double weights = 0.0, weighted = 0.0;
    for (unsigned i = lane; i < n; i += kLanes) {
      const double distance = wide(z[i]) - fold.max, w = exp(distance);
      weights = weights + w;
      weighted = weighted + w * distance;
    }
    sums.weight[place][lane] = weights;
    sums.weighted[place][lane] = weighted;
  });
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    if (lane > 0) return;
    LogitFold fold = moved(row, place);
    fold.count += n;
    fold.sum += sum_lanes(sums.z[place]);
    fold.sum_shift += sum_lanes(sums.shift[place]);
    fold.sum_squares += sum_lanes(sums.shift_squares[place]);
    fold.sum_exp += sum_lanes(sums.weight[place]);
    fold.sum_exp_shift += sum_lanes(sums.weighted[place]);
    call.summaries[row].fold = fold;
  });
}

inline constexpr unsigned kTop = LogitSummary::kTop;

SG_DEVICE bool before(TopLogit a, TopLogit b) { return a.z > b.z || (a.z == b.z && a.id < b.id); }

/// Puts a logit among the first `count` of a list in order, kTop at most.
template <class Count>
SG_DEVICE void insert(TopLogit* top, Count& count, TopLogit next) {
  if (count == kTop && !before(next, top[kTop - 1])) return;
  unsigned place = count < kTop ? static_cast<unsigned>(count++) : kTop - 1;
  for (; place > 0 && before(next, top[place - 1]); --place) top[place] = top[place - 1];
  top[place] = next;
}

/// The largest logits of every row: each lane's, then theirs and those so far.
SG_DEVICE void top_logits(const Block& block, const FoldCall& call) {
  SG_SHARED TopLogit top[kRowsPerBlock][kLanes][kTop];
  SG_SHARED unsigned counts[kRowsPerBlock][kLanes];
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    const float* z = call.z + row * call.z_stride;
    unsigned count = 0;
    for (unsigned i = lane; i < call.cols; i += kLanes)
      insert(top[place][lane], count, {z[i], static_cast<std::int32_t>(call.first_id + i)});
    counts[place][lane] = count;
  });
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    if (lane > 0) return;
    LogitSummary& summary = call.summaries[row];
    for (unsigned l = 0; l < kLanes; ++l) {
      for (unsigned i = 0; i < counts[place][l]; ++i) insert(&summary.top[0], summary.count, top[place][l][i]);
    }
  });
}

}  // namespace sg::cuda
