#include "report/figure/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/text/text_table.h"

namespace sg {
namespace {

/// Hundredths of the font's size, from ' ' to '~'.
constexpr std::array<unsigned char, 95> kWidths = {
    32, 40, 46, 84, 64, 95, 78, 27, 39,  39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69,  61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63,
    63, 28, 28, 58, 28, 97, 63, 61, 63,  63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84};
constexpr double kOtherWidth = 0.64;  // of a character beyond ASCII, per column of a terminal

/// fill="#0072B2", or the class of what a page colours itself.
std::string paint(const char* attribute, const std::string& color) {
  const bool fill = std::string_view(attribute) == "fill";
  if (color == kInk) return fill ? "class=\"gf\"" : "class=\"gs\"";
  if (color == kRule && !fill) return "class=\"gr\"";
  if (color == kMissing && fill) return "class=\"gm\"";
  return fmt::format("{}=\"{}\"", attribute, color);
}

const char* hatch_path(Fill::Hatch hatch) {
  switch (hatch) {
    case Fill::Hatch::kNone: return "";
    case Fill::Hatch::kRising: return "M-1 1l2 -2M0 6l6 -6M5 7l2 -2";
    case Fill::Hatch::kFalling: return "M-1 5l2 2M0 0l6 6M5 -1l2 2";
    case Fill::Hatch::kLevel: return "M0 1.5h6M0 4.5h6";
    case Fill::Hatch::kDots: return "M1 2h1.6M4 5h1.6";
  }
  return "";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string pixels(double x) {
  constexpr double kFarthest = 1e5;
  std::string text = fmt::format("{:.2f}", std::isnan(x) ? 0 : std::clamp(x, -kFarthest, kFarthest));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

double text_width(std::string_view text, double size) {
  double ems = 0;
  std::string others;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      ems += kWidths[static_cast<std::size_t>(c - ' ')] / 100.0;
    } else {
      others += c;
    }
  }
  return size * (ems + kOtherWidth * static_cast<double>(display_width(others)));
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  for (const char* forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) replace_all(out, forbidden, "\xEF\xBF\xBD");
  return out;
}

void Svg::fill(const std::string& path, const Fill& fill) {
  if (path.empty()) return;
  std::string how = paint("fill", fill.color);
  if (fill.hatch != Fill::Hatch::kNone) {
    const auto known = std::ranges::find(patterns_, fill);
    const std::string id = fmt::format("{}h{}", prefix_, known - patterns_.begin());
    if (known == patterns_.end()) {
      patterns_.push_back(fill);
      definitions_ += fmt::format(
          "<pattern id=\"{}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><path d=\"M0 0h6v6h-6z\" {}/>"
          "<path d=\"{}\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"1.1\" stroke-opacity=\"0.75\"/></pattern>\n",
          id, how, hatch_path(fill.hatch));
    }
    how = fmt::format("fill=\"url(#{})\"", id);
  }
  body_ += fmt::format("<path d=\"{}\" {}/>\n", path, how);
}

void Svg::stroke(const std::string& path, const Stroke& stroke) {
  if (path.empty()) return;
  const std::string dash = stroke.dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", stroke.dash);
  body_ += fmt::format("<path d=\"{}\" fill=\"none\" {} stroke-width=\"{}\"{} stroke-linejoin=\"round\"/>\n", path,
                       paint("stroke", stroke.color), pixels(stroke.width), dash);
}

void Svg::text(Point at, std::string_view text, const TextStyle& style) {
  constexpr double kMiddle = 0.36;  // from the middle of capitals down to the line that letters stand on
  if (text.empty()) return;
  const char* anchor = style.anchor == Anchor::kStart    ? ""
                       : style.anchor == Anchor::kMiddle ? " text-anchor=\"middle\""
                                                         : " text-anchor=\"end\"";
  const std::string turn = style.angle == 0 ? ""
                                            : fmt::format(" transform=\"rotate({} {} {})\"", pixels(style.angle),
                                                          pixels(at.x), pixels(at.y));
  body_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" {}{}{}>{}</text>\n", pixels(at.x),
                       pixels(at.y + kMiddle * style.size), pixels(style.size), paint("fill", style.color), anchor,
                       turn, xml_text(text));
}

void Svg::hover(const std::string& path, std::string_view text) {
  if (path.empty() || text.empty()) return;
  body_ += fmt::format("<path d=\"{}\" fill=\"none\" pointer-events=\"all\"><title>{}</title></path>\n", path,
                       xml_text(text));
}

void Svg::begin_clip(Point upper_left, Point lower_right) {
  const std::string id = fmt::format("{}c{}", prefix_, clips_++);
  definitions_ +=
      fmt::format("<clipPath id=\"{}\"><path d=\"{}\"/></clipPath>\n", id, box_path(upper_left, lower_right));
  body_ += fmt::format("<g clip-path=\"url(#{})\">\n", id);
}

std::string Svg::body() const { return (definitions_.empty() ? "" : "<defs>\n" + definitions_ + "</defs>\n") + body_; }

std::string line_path(Point from, Point to) {
  return fmt::format("M{} {}L{} {}", pixels(from.x), pixels(from.y), pixels(to.x), pixels(to.y));
}

std::string box_path(Point upper_left, Point lower_right) {
  return fmt::format("M{} {}H{}V{}H{}z", pixels(upper_left.x), pixels(upper_left.y), pixels(lower_right.x),
                     pixels(lower_right.y), pixels(upper_left.x));
}

std::string mark_path(std::size_t shape, Point at, double r) {
  const auto polygon = [&](std::initializer_list<Point> corners) {
    std::string path;
    for (const Point& c : corners) {
      path += fmt::format("{}{} {}", path.empty() ? 'M' : 'L', pixels(at.x + c.x * r), pixels(at.y + c.y * r));
    }
    return path + "z";
  };
  const double a = 0.32, b = 0.45;  // half the thickness of a plus, of a cross's arm
  switch (shape % 8) {
    case 0:
      return fmt::format("M{0} {1}a{2} {2} 0 1 0 {3} 0a{2} {2} 0 1 0 -{3} 0z", pixels(at.x - r), pixels(at.y),
                         pixels(r), pixels(2 * r));
    case 1: return polygon({{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}});
    case 2: return polygon({{0, -1.2}, {1.1, .8}, {-1.1, .8}});
    case 3: return polygon({{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}});
    case 4: return polygon({{0, 1.2}, {1.1, -.8}, {-1.1, -.8}});
    case 5:
      return polygon({{-a, -1.1},
                      {a, -1.1},
                      {a, -a},
                      {1.1, -a},
                      {1.1, a},
                      {a, a},
                      {a, 1.1},
                      {-a, 1.1},
                      {-a, a},
                      {-1.1, a},
                      {-1.1, -a},
                      {-a, -a}});
    case 6:
      return polygon({{0, -b},
                      {1 - b, -1},
                      {1, -1 + b},
                      {b, 0},
                      {1, 1 - b},
                      {1 - b, 1},
                      {0, b},
                      {-1 + b, 1},
                      {-1, 1 - b},
                      {-b, 0},
                      {-1, -1 + b},
                      {-1 + b, -1}});
    default:
      return polygon({{0, -1.3}, {.35, -.35}, {1.3, 0}, {.35, .35}, {0, 1.3}, {-.35, .35}, {-1.3, 0}, {-.35, -.35}});
  }
}

}  // namespace sg
