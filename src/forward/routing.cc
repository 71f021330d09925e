#include "forward/routing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernel/elementary.h"

namespace sg {
namespace {

constexpr double kExcluded = -std::numeric_limits<double>::infinity();

/// Better first; of equals the lower index, and what is no number last.
bool better(double a, std::size_t i, double b, std::size_t j) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b) ? i < j : std::isnan(b);
  return a != b ? a > b : i < j;
}

/// The `count` best of scores, best first.
std::vector<std::size_t> best(const std::vector<double>& scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t i, std::size_t j) { return better(scores[i], i, scores[j], j); });
  order.resize(count);
  return order;
}

std::vector<double> softmax(const float* logits, std::size_t n) {
  const double most = static_cast<double>(*std::max_element(logits, logits + n));
  std::vector<double> p(n);
  double sum = 0;
  for (std::size_t e = 0; e < n; ++e) sum += p[e] = exp_fixed(static_cast<double>(logits[e]) - most);
  for (double& x : p) x /= sum;
  return p;
}

std::vector<double> scores_of(RouterScore score, const float* logits, std::size_t n) {
  std::vector<double> s(n);
  switch (score) {
    case RouterScore::kSoftmax: return softmax(logits, n);
    case RouterScore::kSigmoid:
      for (std::size_t e = 0; e < n; ++e) s[e] = 1 / (1 + exp_fixed(-static_cast<double>(logits[e])));
      break;
    case RouterScore::kSparsemixer: s.assign(logits, logits + n); break;
  }
  return s;
}

/// Experts of groups that are not among the best are out of the choice.
void exclude_groups(const RouterSpec& router, std::vector<double>& scores) {
  if (router.groups <= 1) return;
  const std::size_t per_group = scores.size() / router.groups;
  std::vector<double> worth;
  for (std::size_t g = 0; g < router.groups; ++g) {
    const std::vector<double> members(scores.begin() + static_cast<std::ptrdiff_t>(g * per_group),
                                      scores.begin() + static_cast<std::ptrdiff_t>((g + 1) * per_group));
    switch (router.group) {
      case GroupScore::kMax: worth.push_back(members[best(members, 1)[0]]); break;
      case GroupScore::kBestTwo: {
        const std::vector<std::size_t> two = best(members, 2);
        worth.push_back(members[two[0]] + members[two[1]]);
        break;
      }
    }
  }
  std::vector<bool> kept(router.groups, false);
  for (const std::size_t g : best(worth, router.groups_used)) kept[g] = true;
  for (std::size_t e = 0; e < scores.size(); ++e) {
    if (!kept[e / per_group]) scores[e] = kExcluded;
  }
}

double entropy_of(const std::vector<double>& scores) {
  const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
  double entropy = 0;
  for (const double s : scores) {
    const double p = s / sum;
    if (p > 0) entropy -= p * log_fixed(p);
    if (std::isnan(p)) return p;
  }
  return entropy;
}

/// PhiMoE (arXiv:2409.12136): each of two experts is the best of those left, and its weight is its softmax among those
/// whose distance to it, relative to the larger of it and their own logit's size, is within twice the jitter.
void sparsemixer(const RouterSpec& router, const std::vector<double>& logits, std::size_t row, Routing& out) {
  std::vector<double> left = logits;
  for (std::size_t rank = 0; rank < 2; ++rank) {
    const std::size_t chosen = best(left, 1)[0];
    const double most = left[chosen];
    double sum = 0;
    for (std::size_t e = 0; e < left.size(); ++e) {
      const double distance = (most - logits[e]) / std::max(std::abs(logits[e]), most);
      if (left[e] != kExcluded && !(distance > 2 * router.jitter)) sum += exp_fixed(left[e] - most);
    }
    out.expert[row * 2 + rank] = static_cast<std::uint32_t>(chosen);
    out.weight[row * 2 + rank] = static_cast<float>(1 / sum * router.scale);
    left[chosen] = kExcluded;
  }
}

void weigh(const RouterSpec& router, const std::vector<double>& scores, std::size_t row, Routing& out) {
  double sum = 0;
  for (std::size_t i = 0; i < router.chosen; ++i) sum += scores[out.expert[row * router.chosen + i]];
  const double divisor = router.normalise ? std::max(sum + router.sum_eps, router.sum_floor) : 1;
  for (std::size_t i = 0; i < router.chosen; ++i) {
    const double score = scores[out.expert[row * router.chosen + i]];
    out.weight[row * router.chosen + i] = static_cast<float>(score / divisor * router.scale);
  }
}

}  // namespace

void route_row(const RouterSpec& router, const float* logits, const float* correction, std::size_t row, Routing& out) {
  const std::size_t n = out.experts;
  const std::vector<double> scores = scores_of(router.score, logits, n);
  std::vector<double> choice = scores;
  for (std::size_t e = 0; e < n && correction != nullptr; ++e) choice[e] += static_cast<double>(correction[e]);
  exclude_groups(router, choice);
  const std::size_t looked_at = std::min(router.chosen + 1, n);
  const std::vector<std::size_t> order = best(choice, looked_at);
  const bool left_out = looked_at > router.chosen && choice[order.back()] != kExcluded;
  out.margin[row] = left_out ? std::optional(choice[order[router.chosen - 1]] - choice[order.back()]) : std::nullopt;
  if (router.score == RouterScore::kSparsemixer) {
    out.entropy[row] = entropy_of(softmax(logits, n));
    sparsemixer(router, scores, row, out);
    return;
  }
  out.entropy[row] = entropy_of(scores);
  for (std::size_t i = 0; i < router.chosen; ++i) {
    out.expert[row * router.chosen + i] = static_cast<std::uint32_t>(order[i]);
  }
  weigh(router, scores, row, out);
}

}  // namespace sg
