#include "cli/only_flags.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sg {

Result<void> check_only(const CLI::App& command, const std::vector<std::string>& taken, const std::string& what) {
  for (const CLI::Option* option : command.get_options()) {
    const std::vector<std::string>& names = option->get_lnames();
    const bool argument = option->get_positional() || names.empty();
    if (argument || option->count() == 0 || option->get_group() == kCommonGroup) continue;
    if (std::ranges::find(taken, names.front()) != taken.end()) continue;
    std::string known;
    for (const std::string& name : taken) known += (known.empty() ? "--" : ", --") + name;
    return Error{.kind = ErrorKind::kUsage,
                 .what = what,
                 .where = "--" + names.front(),
                 .expected = known.empty() ? "" : "no flags but " + known};
  }
  return {};
}

}  // namespace sg
