#include "corpus/histogram.h"

#include <bit>
#include <cmath>

namespace sg {
namespace {

constexpr std::size_t kBuckets = 1u << 16;

/// In the order of the values: negative ones first, the largest magnitude first among them.
std::size_t bucket_of(double value) {
  const std::uint32_t high = std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> 16;
  return (high & 0x8000) != 0 ? 0xFFFF - high : high + 0x8000;
}

/// The end of a bucket that is nearer to zero, and half a bucket away from it.
double middle_of(std::size_t bucket) {
  const auto high = static_cast<std::uint32_t>(bucket < 0x8000 ? 0xFFFF - bucket : bucket - 0x8000);
  const bool beyond = (high & 0x7FFF) >= 0x7F80;  // larger than any float32
  return static_cast<double>(std::bit_cast<float>(high << 16 | (beyond ? 0 : 0x8000u)));
}

/// `each(bucket, times)` of what is not empty, in the order of the values.
template <class Pages, class Each>
void each_filled(const Pages& pages, const Each& each) {
  std::size_t first = 0;
  for (const auto& page : pages) {
    for (std::size_t i = 0; page && i < page->size(); ++i) {
      if ((*page)[i] > 0) each(first + i, (*page)[i]);
    }
    first += kBuckets / pages.size();
  }
}

}  // namespace

Histogram::Histogram(const Histogram& other) { *this = other; }

Histogram& Histogram::operator=(const Histogram& other) {
  for (std::size_t p = 0; p < kPages; ++p)
    pages_[p] = other.pages_[p] ? std::make_unique<Page>(*other.pages_[p]) : nullptr;
  return *this;
}

std::uint64_t& Histogram::at(std::size_t bucket) {
  std::unique_ptr<Page>& page = pages_[bucket / kPerPage];
  if (!page) page = std::make_unique<Page>();
  return (*page)[bucket % kPerPage];
}

void Histogram::add(double value, std::uint64_t times) { at(bucket_of(value)) += times; }

void Histogram::add(const Histogram& other) {
  each_filled(other.pages_, [&](std::size_t bucket, std::uint64_t times) { at(bucket) += times; });
}

std::uint64_t Histogram::total() const {
  std::uint64_t sum = 0;
  each_filled(pages_, [&](std::size_t, std::uint64_t times) { sum += times; });
  return sum;
}

std::optional<double> Histogram::quantile(double share) const {
  const std::uint64_t all = total();
  if (all == 0) return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
  std::uint64_t seen = 0;
  std::size_t last = 0;
  each_filled(pages_, [&](std::size_t bucket, std::uint64_t times) {
    if (seen > 0 && seen >= rank) return;
    last = bucket;
    seen += times;
  });
  return middle_of(last);
}

void Histogram::write(PartWriter& out) const {
  std::uint64_t filled = 0;
  each_filled(pages_, [&](std::size_t, std::uint64_t) { ++filled; });
  out.count(filled);
  std::size_t next = 0;
  each_filled(pages_, [&](std::size_t bucket, std::uint64_t times) {
    out.count(bucket - next);
    out.count(times);
    next = bucket + 1;
  });
}

Result<Histogram> Histogram::read(PartReader& in) {
  Histogram histogram;
  SG_TRY(const std::uint64_t filled, in.size(2));
  std::size_t next = 0;
  for (std::uint64_t i = 0; i < filled; ++i) {
    if (next >= kBuckets) return Error{.what = "a histogram has more buckets than there are"};
    SG_TRY(const std::uint64_t skipped, in.count(kBuckets - 1 - next));
    next += skipped;
    SG_TRY(histogram.at(next), in.count());
    ++next;
  }
  return histogram;
}

}  // namespace sg
