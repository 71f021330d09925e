#include "model/forms/name_pattern.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "tokenizer/regex.h"

namespace sg {

Result<NamePattern> name_pattern(std::string_view pattern, std::string_view where) {
  SG_TRY(Regex compiled, Regex::compile(fmt::format("\\A(?:{})", pattern), where));
  const auto regex = std::make_shared<const Regex>(std::move(compiled));
  return NamePattern([regex](std::string_view name) -> Result<bool> {
    std::vector<TextSpan> found;
    SG_TRY_VOID(Regex::Matcher(*regex).find_all(name, found));
    return !found.empty();
  });
}

}  // namespace sg
