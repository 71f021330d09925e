#include "measure/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace sg {
namespace {

constexpr std::size_t kLargestIndex = 10'000'000;  // far beyond any depth or prompt; bounds what a range may fill

std::optional<std::size_t> index_of(std::string_view text) {
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value > kLargestIndex) return std::nullopt;
  return value;
}

struct Range {
  std::size_t first = 0, last = 0, step = 1;
};

/// "7", "0-30" or "0-30+10".
std::optional<Range> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-'), plus = text.find('+');
  if (plus != std::string_view::npos && (dash == std::string_view::npos || plus < dash)) return std::nullopt;
  const auto first = index_of(text.substr(0, dash));
  if (dash == std::string_view::npos) return first ? std::optional<Range>({*first, *first, 1}) : std::nullopt;
  const auto last = index_of(text.substr(dash + 1, plus == std::string_view::npos ? plus : plus - dash - 1));
  const auto step = plus == std::string_view::npos ? std::optional<std::size_t>(1) : index_of(text.substr(plus + 1));
  if (!first || !last || !step || *step == 0 || *last < *first) return std::nullopt;
  return Range{*first, *last, *step};
}

Result<std::vector<std::size_t>> parse_list(std::string_view text, const char* flag, const char* words) {
  std::vector<std::size_t> all;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::optional<Range> range = parse_range(rest.substr(0, comma));
    if (!range) {
      return Error{.kind = ErrorKind::kUsage,
                   .what = "not a list of numbers and ranges",
                   .where = flag,
                   .expected = fmt::format("{}, or a list as 3,7 or 0-30+10 (first-last+step)", words),
                   .got = fmt::format("'{}'", text)};
    }
    for (std::size_t i = range->first; i <= range->last; i += range->step) all.push_back(i);
    if (comma == std::string_view::npos) break;
    rest = rest.substr(comma + 1);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

Result<std::vector<Site>> parse_sites(const std::vector<std::string>& words) {
  std::vector<Site> sites;
  for (const std::string& word : words) {
    std::vector<std::string_view> known;
    for (int i = 0; i < static_cast<int>(Site::kCount); ++i) known.push_back(name(static_cast<Site>(i)));
    const auto found = std::ranges::find(known, word);
    if (found == known.end()) {
      return Error{.kind = ErrorKind::kUsage,
                   .what = "unknown site",
                   .where = "--sites",
                   .expected = fmt::format("some of {}", fmt::join(known, ", ")),
                   .got = "'" + word + "'"};
    }
    sites.push_back(static_cast<Site>(found - known.begin()));
  }
  return sites;
}

Result<std::vector<std::size_t>> parse_layers(const std::string& text, std::size_t layers) {
  std::vector<std::size_t> all;
  if (text == "all") {
    for (std::size_t l = 0; l < layers; ++l) all.push_back(l);
    return all;
  }
  SG_TRY(all, parse_list(text, "--layers", "all"));
  if (all.back() >= layers) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "there is no such layer",
                 .where = "--layers",
                 .expected = fmt::format("0 to {}", layers - 1),
                 .got = fmt::format("{}", all.back())};
  }
  return all;
}

Result<void> parse_positions(const std::string& text, Selection& selection) {
  selection.listed.clear();
  selection.positions = text == "last" ? Selection::Positions::kLast : Selection::Positions::kAll;
  if (text == "last" || text == "all") return {};
  selection.positions = Selection::Positions::kListed;
  SG_TRY(selection.listed, parse_list(text, "--positions", "all, last"));
  return {};
}

void keep_sites(Measurement& measurement, const std::vector<std::string>& sites) {
  struct Pair {
    std::string_view key, one, other;
  };
  constexpr Pair kDots[] = {{"pre_attn", "resid_pre", "attn_out"},
                            {"mid_mlp", "resid_mid", "mlp_out"},
                            {"pre_mlp", "resid_pre", "mlp_out"},
                            {"attn_mlp", "attn_out", "mlp_out"}};
  const auto kept = [&](std::string_view site) { return std::ranges::find(sites, site) != sites.end(); };
  for (SequenceMeasurement& s : measurement.sequences) {
    each_field(s.norms, [&]<class Norms>(const RowField& site, Norms& norms) {
      if (!kept(site.key)) norms = Norms();
    });
    each_field(s.dots, [&]<class Dots>(const RowField& field, Dots& dots) {
      const Pair* pair = std::ranges::find(kDots, std::string_view(field.key), &Pair::key);
      SG_CHECK(pair != std::end(kDots), "a product of two sites that are not known");
      if (!kept(pair->one) || !kept(pair->other)) dots = Dots();
    });
  }
}

}  // namespace sg
