// TopList: the k first things of a total order, whatever order they come in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sg {

/// `T` has a total order (operator<=>); equal things do not occur twice.
template <class T>
class TopList {
 public:
  explicit TopList(std::size_t most) : most_(most) {}

  /// True when `item` would be kept.
  bool wants(const T& item) const { return items_.size() < most_ || item < items_.back(); }
  void add(T item) {
    if (!wants(item)) return;
    items_.insert(std::upper_bound(items_.begin(), items_.end(), item), std::move(item));
    if (items_.size() > most_) items_.pop_back();
  }
  void add(const TopList& other) {
    for (const T& item : other.items_) add(item);
  }
  /// Calls change(item) for each; it keeps their order.
  template <class Change>
  void each(Change change) {
    for (T& item : items_) change(item);
  }
  const std::vector<T>& items() const { return items_; }

 private:
  std::size_t most_;
  std::vector<T> items_;  // ascending
};

}  // namespace sg
