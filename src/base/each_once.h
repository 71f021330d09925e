// A list that holds every item once, in the order of first appearance.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sg {

/// The item's place; it is added at the end when it is not there.
template <class T>
std::size_t place_in(std::vector<T>& list, const T& item) {
  const auto found = std::find(list.begin(), list.end(), item);
  const auto place = static_cast<std::size_t>(found - list.begin());
  if (found == list.end()) list.push_back(item);
  return place;
}

}  // namespace sg
