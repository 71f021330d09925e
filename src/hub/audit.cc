#include "hub/audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/sha.h"

namespace sg {
namespace {

/// Forms of weights, the one that is read first: a branch is known by the first of them that it has.
constexpr std::array kForms = {".safetensors", ".gguf", ".bin", ".pt", ".pth", ".h5", ".msgpack"};

/// step2 before step10: runs of digits compare as numbers.
bool in_order(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [&](const std::string& text, std::size_t& at) {
      const std::size_t begin = std::min(text.find_first_not_of('0', at), text.size());
      while (at < text.size() && digit(text[at])) ++at;
      return begin < at ? text.substr(begin, at - begin) : std::string();
    };
    const std::string x = number(a, i), y = number(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return a.size() - i < b.size() - j;
}

void read_weights(const std::vector<HubFile>& files, AuditedRef& ref) {
  for (const char* form : kForms) {
    Sha256 sum;
    for (const HubFile& file : files) {
      // Only large files: a .bin of a few bytes is a tokenizer's table.
      if (!file.path.ends_with(form) || file.sha256.empty()) continue;
      sum.add(file.path + '\n' + file.sha256 + '\n');
      ++ref.files;
      ref.bytes += file.size;
    }
    if (ref.files == 0) continue;
    ref.weights = sum.hex();
    return;
  }
}

void compare(Audit& audit) {
  std::map<std::string, const AuditedRef*> first;
  for (AuditedRef& ref : audit.refs) {
    if (ref.weights.empty()) continue;
    const auto [known, is_new] = first.emplace(ref.weights, &ref);
    if (is_new) continue;
    ref.same_as = known->second->name;
    ref.same_commit = known->second->commit == ref.commit;
    audit.repeated += ref.same_commit ? 0 : 1;
  }
  audit.distinct = first.size();
}

}  // namespace

Result<Audit> audit(Hub& hub, const std::string& repo, const std::vector<std::string>& globs,
                    const std::function<void(std::size_t, std::size_t)>& progress) {
  SG_TRY(const std::vector<HubRef> refs, hub.refs(repo));
  Audit audit;
  for (const HubRef& ref : refs) {
    const bool wanted = globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) {
                          return ::fnmatch(glob.c_str(), ref.name.c_str(), 0) == 0;
                        });
    if (wanted) audit.refs.push_back({.name = ref.name, .commit = ref.commit});
  }
  if (audit.refs.empty()) {
    std::vector<std::string> names;
    for (const HubRef& ref : refs) names.push_back(ref.name);
    return Error{.kind = ErrorKind::kUsage,
                 .what = fmt::format("no branch of {} matches", repo),
                 .where = "--revisions",
                 .expected = fmt::format("one of {}", fmt::join(names, ", "))};
  }
  std::sort(audit.refs.begin(), audit.refs.end(),
            [](const auto& a, const auto& b) { return in_order(a.name, b.name); });
  std::map<std::string, AuditedRef> known;  // one listing for each commit
  for (std::size_t i = 0; i < audit.refs.size(); ++i) {
    AuditedRef& ref = audit.refs[i];
    if (!known.contains(ref.commit)) {
      SG_TRY(const std::vector<HubFile> files, hub.files(repo, ref.commit));
      read_weights(files, known[ref.commit]);
    }
    const AuditedRef& read = known[ref.commit];
    ref.weights = read.weights;
    ref.files = read.files;
    ref.bytes = read.bytes;
    if (progress) progress(i + 1, audit.refs.size());
  }
  compare(audit);
  return audit;
}

}  // namespace sg
