#include "cli/outputs.h"

namespace sg {

Result<void> check_outputs(const std::string& json, const std::string& csv) {
  if (json.empty() || json != csv) return {};
  return Error{
      .kind = ErrorKind::kUsage,
      .what = json == "-" ? "--json - and --csv - would mix on standard output" : "--json and --csv name the same file",
      .where = json == "-" ? "" : json,
      .hint = "Name another file for one of them"};
}

}  // namespace sg
