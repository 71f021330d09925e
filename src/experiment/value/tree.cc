#include "experiment/value/tree.h"

#include <algorithm>

namespace sg {
namespace {

template <class T>
std::optional<T> leaf_at(const Tree& tree, const std::string& key) {
  const Tree* node = find_in(tree, {key});
  const T* value = node != nullptr ? std::get_if<T>(&node->leaf) : nullptr;
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

}  // namespace

Tree& tree_at(Tree& root, const std::vector<std::string>& path) {
  Tree* at = &root;
  for (const std::string& step : path) {
    at->object = true;
    auto found = std::ranges::find_if(at->children, [&](const Tree& t) { return t.key == step; });
    if (found == at->children.end()) {
      at->children.push_back({.key = step});
      found = at->children.end() - 1;
    }
    at = &*found;
  }
  return *at;
}

const Tree* find_in(const Tree& root, const std::vector<std::string>& path) {
  const Tree* at = &root;
  for (const std::string& step : path) {
    const auto found = std::ranges::find_if(at->children, [&](const Tree& t) { return t.key == step; });
    if (found == at->children.end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::optional<std::string> text_at(const Tree& tree, const std::string& key) { return leaf_at<std::string>(tree, key); }
std::optional<std::int64_t> integer_at(const Tree& tree, const std::string& key) {
  return leaf_at<std::int64_t>(tree, key);
}

}  // namespace sg
