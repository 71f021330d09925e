#include "hub/content_sum.h"

#include <fmt/format.h>

namespace sg {

ContentSum::ContentSum(const HubFile& file) {
  if (!file.sha256.empty()) return;
  sum_.emplace<Sha1>();
  const std::string head = fmt::format("blob {}", file.size);
  add(head.c_str(), head.size() + 1);  // with its zero
}

void ContentSum::add(const void* data, std::size_t size) {
  std::visit([&](auto& sum) { sum.add(data, size); }, sum_);
}

std::string ContentSum::hex() {
  return std::visit([](auto& sum) { return sum.hex(); }, sum_);
}

}  // namespace sg
