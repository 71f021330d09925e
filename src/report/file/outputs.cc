#include "report/file/outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/usage_error.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

/// One file under two names: two equal paths, or one inode. What is no regular file (/dev/null) may be named twice.
bool same_file(const fs::path& a, const fs::path& b) {
  struct stat x = {}, y = {};
  if (::stat(a.c_str(), &x) != 0 || ::stat(b.c_str(), &y) != 0) return a == b;
  return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

Result<void> check_pair(const Output& a, const Output& b) {
  if (a.file.empty() || b.file.empty()) return {};
  const bool out = a.file == "-" && b.file == "-";
  if (!out && !same_file(a.file, b.file)) return {};
  return usage_error({.what = out ? fmt::format("{} - and {} - would mix on standard output", a.flag, b.flag)
                                  : fmt::format("{} and {} name the same file", a.flag, b.flag),
                      .where = out ? "" : a.file.string(),
                      .hint = "Name another file for one of them"});
}

}  // namespace

Result<void> check_outputs(const std::vector<Output>& outputs) {
  for (std::size_t b = 1; b < outputs.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a) SG_TRY_VOID(check_pair(outputs[a], outputs[b]));
  }
  return {};
}

Result<void> spare_inputs(const std::vector<Output>& outputs, const std::vector<fs::path>& inputs) {
  for (const Output& output : outputs) {
    for (const fs::path& input : inputs) {
      if (output.file.empty() || output.file == "-" || !same_file(output.file, input)) continue;
      return usage_error({.what = fmt::format("{} would replace a file that is read", output.flag),
                          .where = output.file.string(),
                          .expected = "a file of its own",
                          .got = "the same file as " + input.string()});
    }
  }
  return {};
}

std::vector<Output> outputs_of_report(const fs::path& folder) {
  std::vector<Output> outputs;
  for (const char* name : {"results.json", "report.md", "report.html", "prompts.csv", "archive.zip"})
    outputs.push_back({"-o", folder / name});
  return outputs;
}

}  // namespace sg
