#include "corpus/distribution.h"

#include <algorithm>
#include <cmath>

namespace sg {
namespace {

/// sum of a b - (sum of a)(sum of b) / n, each product with its rounding error.
double centred(double ab, double a, double b, double n) {
  const double product = a * b, lost = std::fma(a, b, -product);
  return (ab - product / n) - lost / n;
}

}  // namespace

bool Moments::add(double value) {
  if (!std::isfinite(value)) {
    ++not_finite;
    return false;
  }
  ++count;
  sum.add(value);
  if (const double square = value * value; std::isfinite(square)) squares.add(square);
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
  if (count < 2) return std::nullopt;
  const double n = static_cast<double>(count), s = sum.rounded();
  return std::sqrt(std::max(0.0, centred(squares.rounded(), s, s, n)) / (n - 1));
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
  xx.add(a * a);
  yy.add(b * b);
  xy.add(a * b);
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
  const double n = static_cast<double>(count), a = x.rounded(), b = y.rounded();
  const double aa = centred(xx.rounded(), a, a, n), bb = centred(yy.rounded(), b, b, n);
  if (!(aa > 0) || !(bb > 0)) return std::nullopt;
  return std::clamp(centred(xy.rounded(), a, b, n) / std::sqrt(aa * bb), -1.0, 1.0);
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
