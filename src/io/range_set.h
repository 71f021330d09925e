// RangeSet: which bytes of a file are there.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

namespace sg {

struct ByteRange {
  std::uint64_t begin = 0, end = 0;  // end: one past the last byte
  std::uint64_t size() const { return end - begin; }
};

/// Disjoint ranges, merged where they touch. Not thread-safe.
class RangeSet {
 public:
  void add(ByteRange range) {
    if (range.begin >= range.end) return;
    auto at = ranges_.upper_bound(range.begin);
    if (at != ranges_.begin() && std::prev(at)->second >= range.begin) --at;
    while (at != ranges_.end() && at->first <= range.end) {
      range.begin = at->first < range.begin ? at->first : range.begin;
      range.end = at->second > range.end ? at->second : range.end;
      at = ranges_.erase(at);
    }
    ranges_.emplace(range.begin, range.end);
  }
  void remove(const ByteRange& range) {
    for (const ByteRange& there : within(range)) {
      const auto at = std::prev(ranges_.upper_bound(there.begin));
      const ByteRange whole = {at->first, at->second};
      ranges_.erase(at);
      if (whole.begin < there.begin) ranges_.emplace(whole.begin, there.begin);
      if (there.end < whole.end) ranges_.emplace(there.end, whole.end);
    }
  }
  /// The parts of `range` that are there, and those that are not; ascending.
  std::vector<ByteRange> within(const ByteRange& range) const {
    std::vector<ByteRange> found;
    auto at = ranges_.upper_bound(range.begin);
    if (at != ranges_.begin()) --at;
    for (; at != ranges_.end() && at->first < range.end; ++at) {
      const ByteRange part = {at->first > range.begin ? at->first : range.begin,
                              at->second < range.end ? at->second : range.end};
      if (part.begin < part.end) found.push_back(part);
    }
    return found;
  }
  std::vector<ByteRange> missing(const ByteRange& range) const {
    std::vector<ByteRange> found;
    std::uint64_t at = range.begin;
    for (const ByteRange& there : within(range)) {
      if (at < there.begin) found.push_back({at, there.begin});
      at = there.end;
    }
    if (at < range.end) found.push_back({at, range.end});
    return found;
  }
  /// Up to where all is there, from the first byte on.
  std::uint64_t prefix() const { return ranges_.empty() || ranges_.begin()->first > 0 ? 0 : ranges_.begin()->second; }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [begin, end] : ranges_) sum += end - begin;
    return sum;
  }
  void clear() { ranges_.clear(); }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // begin to end
};

}  // namespace sg
