#include "report/explorer/explorer_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/embedded.h"
#include "report/explorer/explorer_data.h"

namespace sg {

std::span<const EmbeddedFile> embedded_explorer();  // CMakeLists.txt of report: page/

namespace {

/// The modules become one: their names differ (a test loads the page), so that imports and exports fall away.
std::string without_modules(std::string_view script) {
  std::string out;
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\n'), script.size());
    std::string_view line = script.substr(0, end);
    script.remove_prefix(std::min(end + 1, script.size()));
    if (line.starts_with("import ")) continue;
    constexpr std::string_view kExport = "export ";
    if (line.starts_with(kExport)) line.remove_prefix(kExport.size());
    out.append(line) += '\n';
  }
  return out;
}

std::string_view page_file(std::string_view path) {
  for (const EmbeddedFile& file : embedded_explorer()) {
    if (file.path == path) return file.content;
  }
  SG_CHECK(false, "a file of the explorer is not part of the program");
}

/// In the order in which the build lists them: what a module uses while it loads stands before it.
std::string script() {
  std::string all;
  for (const EmbeddedFile& file : embedded_explorer()) {
    if (file.path.ends_with(".js")) all += without_modules(file.content);
  }
  return all;
}

/// JSON that ends no element: every "<" stands in a text, and may be written as its number.
std::string json_in_html(const Json& json) {
  std::string out;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string page_of(Shown shown, const Comparison* comparison, const ExplorerOptions& options) {
  NumberArrays arrays;
  const Json head = explorer_head(shown, comparison, options, arrays);
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n<title>streamgauge</title>\n<style>\n{}</style>\n</head>\n<body>\n{}"
      "<script type=\"application/json\" id=\"head\">{}</script>\n",
      page_file("style.css"), page_file("index.html"), json_in_html(head));
  arrays.append_elements(html, head["element"] == "float64");
  return html + "<script type=\"module\">\n" + script() + "</script>\n</body>\n</html>\n";
}

}  // namespace

Result<std::string> explorer_html(Shown shown, const ExplorerOptions& options) {
  SG_TRY_VOID(check_shown(shown));
  return page_of(shown, nullptr, options);
}

Result<std::string> explorer_html(const Comparison& comparison, const ExplorerOptions& options) {
  const std::vector<Measurement> both = measurements_of(comparison);
  const std::array<const Measurement*, 2> shown = {&both[0], &both[1]};
  SG_TRY_VOID(check_shown(shown));
  return page_of(shown, &comparison, options);
}

}  // namespace sg
