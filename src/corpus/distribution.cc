#include "corpus/distribution.h"

#include <algorithm>
#include <cmath>

namespace sg {
namespace {

/// a b and what a double loses of it.
void add_product(ExactSum& sum, double a, double b) {
  const double product = a * b;
  sum.add(product);
  sum.add(std::fma(a, b, -product));
}

/// n sum(x y) - sum(x) sum(y), rounded once, of sums whose terms are about 2^x_bits and 2^y_bits large: in units of
/// both, so that no product leaves the range. NaN where a sum is beyond it.
double centred(const ExactSum& xy, const ExactSum& x, const ExactSum& y, double n, int x_bits, int y_bits) {
  if (!std::isfinite(xy.rounded()) || !std::isfinite(x.rounded()) || !std::isfinite(y.rounded())) return std::nan("");
  ExactSum sum;
  for (const double piece : xy.pieces()) add_product(sum, n, std::ldexp(piece, -x_bits - y_bits));
  const std::vector<double> of_y = y.pieces();
  for (const double a : x.pieces()) {
    for (const double b : of_y) add_product(sum, -std::ldexp(a, -x_bits), std::ldexp(b, -y_bits));
  }
  return sum.rounded();
}

/// The size of terms, in powers of two, from the sum of their squares.
int bits_of(const ExactSum& squares) {
  const double sum = squares.rounded();
  return sum > 0 && std::isfinite(sum) ? std::ilogb(sum) / 2 : 0;
}

}  // namespace

bool Moments::add(double value) {
  if (!std::isfinite(value)) {
    ++not_finite;
    return false;
  }
  ++count;
  sum.add(value);
  if (std::isfinite(value * value)) add_product(squares, value, value);
  min = std::min(min, value);
  max = std::max(max, value);
  return true;
}

void Moments::add(const Moments& other) {
  count += other.count;
  not_finite += other.not_finite;
  sum.add(other.sum);
  squares.add(other.squares);
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

std::optional<double> Moments::mean() const {
  if (count == 0) return std::nullopt;
  return sum.rounded() / static_cast<double>(count);
}

std::optional<double> Moments::std() const {
  if (count < 2 || !std::isfinite(min * min) || !std::isfinite(max * max)) return std::nullopt;
  const double n = static_cast<double>(count);
  const int bits = bits_of(squares);
  const double spread = centred(squares, sum, sum, n, bits, bits);
  if (!(spread >= 0)) return std::nullopt;
  return std::ldexp(std::sqrt(spread / n / (n - 1)), bits);
}

void Moments::write(PartWriter& out) const {
  out.count(count);
  out.count(not_finite);
  if (count == 0) return;
  sum.write(out);
  squares.write(out);
  out.real(min);
  out.real(max);
}

Result<Moments> Moments::read(PartReader& in) {
  Moments m;
  SG_TRY(m.count, in.count());
  SG_TRY(m.not_finite, in.count());
  if (m.count == 0) return m;
  SG_TRY(m.sum, ExactSum::read(in));
  SG_TRY(m.squares, ExactSum::read(in));
  SG_TRY(m.min, in.real());
  SG_TRY(m.max, in.real());
  return m;
}

void Distribution::add(double value) {
  if (moments.add(value)) histogram.add(value);
}

void Distribution::add(const Distribution& other) {
  moments.add(other.moments);
  histogram.add(other.histogram);
}

std::optional<double> Distribution::quantile(double share) const {
  const std::optional<double> found = histogram.quantile(share);
  return found ? std::clamp(*found, moments.min, moments.max) : found;
}

void Distribution::write(PartWriter& out) const {
  moments.write(out);
  if (moments.count > 0) histogram.write(out);
}

Result<Distribution> Distribution::read(PartReader& in) {
  Distribution d;
  SG_TRY(d.moments, Moments::read(in));
  if (d.moments.count == 0) return d;
  SG_TRY(d.histogram, Histogram::read(in));
  if (d.histogram.total() != d.moments.count) return Error{.what = "a histogram holds another number of values"};
  return d;
}

Distribution TokenDistribution::all() const {
  Distribution both = rest;
  both.add(first);
  return both;
}

void TokenDistribution::add(const TokenDistribution& other) {
  first.add(other.first);
  rest.add(other.rest);
}

void TokenDistribution::write(PartWriter& out) const {
  first.write(out);
  rest.write(out);
}

Result<TokenDistribution> TokenDistribution::read(PartReader& in) {
  TokenDistribution t;
  SG_TRY(t.first, Distribution::read(in));
  SG_TRY(t.rest, Distribution::read(in));
  return t;
}

void Relation::add(double a, double b) {
  if (!std::isfinite(a * a) || !std::isfinite(b * b) || !std::isfinite(a * b)) return;
  ++count;
  x.add(a);
  y.add(b);
  add_product(xx, a, a);
  add_product(yy, b, b);
  add_product(xy, a, b);
}

void Relation::add(const Relation& other) {
  count += other.count;
  x.add(other.x);
  y.add(other.y);
  xx.add(other.xx);
  yy.add(other.yy);
  xy.add(other.xy);
}

std::optional<double> Relation::pearson() const {
  if (count < 2) return std::nullopt;
  const double n = static_cast<double>(count);
  const int a = bits_of(xx), b = bits_of(yy);
  const double aa = centred(xx, x, x, n, a, a), bb = centred(yy, y, y, n, b, b);
  if (!(aa > 0) || !(bb > 0)) return std::nullopt;
  return std::clamp(centred(xy, x, y, n, a, b) / std::sqrt(aa) / std::sqrt(bb), -1.0, 1.0);
}

void Relation::write(PartWriter& out) const {
  out.count(count);
  for (const ExactSum* sum : {&x, &y, &xx, &yy, &xy}) sum->write(out);
}

Result<Relation> Relation::read(PartReader& in) {
  Relation r;
  SG_TRY(r.count, in.count());
  for (ExactSum* sum : {&r.x, &r.y, &r.xx, &r.yy, &r.xy}) {
    SG_TRY(*sum, ExactSum::read(in));
  }
  return r;
}

}  // namespace sg
