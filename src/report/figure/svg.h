// A drawing as SVG: paths and texts at pixels from the upper left corner, with bytes that depend on its content alone.
// Ink, rules and empty cells have classes ("gs", "gf", "gr", "gm"), which a page colours by its own style and a file by
// kPaperStyle.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

inline constexpr const char* kInk = "#1f2328";   // axes, text
inline constexpr const char* kRule = "#d0d7de";  // grid
inline constexpr const char* kMissing = "#e3e6ea";
inline constexpr const char* kGrey = "#6e7781";  // reference lines, error bars
inline constexpr const char* kPaperStyle = ".gs{stroke:#1f2328}.gf{fill:#1f2328}.gr{stroke:#d0d7de}.gm{fill:#e3e6ea}";

struct Point {
  double x = 0, y = 0;
};

/// A fill: a colour, and lines over it so that neighbours differ without colour too.
struct Fill {
  std::string color;
  enum class Hatch : unsigned char { kNone, kRising, kFalling, kLevel, kDots } hatch = Hatch::kNone;
  bool operator==(const Fill&) const = default;
};

struct Stroke {
  std::string color;
  double width = 1;
  std::string dash;  // lengths in pixels: "8 5"; empty: solid
};

enum class Anchor : unsigned char { kStart, kMiddle, kEnd };

struct TextStyle {
  double size = 12;
  Anchor anchor = Anchor::kStart;
  double angle = 0;  // degrees, clockwise
  std::string color = kInk;
};

class Svg {
 public:
  /// `prefix` keeps the ids of several drawings of a page apart: letters, digits, '-', '_', '.'.
  explicit Svg(std::string prefix) : prefix_(std::move(prefix)) {}

  void fill(const std::string& path, const Fill& fill);
  void stroke(const std::string& path, const Stroke& stroke);
  /// The middle of the text's height stands at `at`.
  void text(Point at, std::string_view text, const TextStyle& style);
  /// What a viewer shows while the pointer is over this place.
  void hover(const std::string& path, std::string_view text);
  /// What is drawn until end_clip() shows inside this rectangle alone.
  void begin_clip(Point upper_left, Point lower_right);
  void end_clip() { body_ += "</g>\n"; }

  /// Elements without an <svg> around them.
  std::string body() const;

 private:
  std::string prefix_, definitions_, body_;
  std::vector<Fill> patterns_;
  std::size_t clips_ = 0;
};

// Parts of paths.
std::string line_path(Point from, Point to);
std::string box_path(Point upper_left, Point lower_right);
/// Circle, square, triangle, diamond, down triangle, plus, cross, star: told apart by shape alone.
std::string mark_path(std::size_t shape, Point at, double radius);

/// A number of an attribute: two decimals, within what viewers can draw.
std::string pixels(double x);
/// How wide a text is in DejaVu Sans, the widest of the fonts that "sans-serif" usually names.
double text_width(std::string_view text, double size);
/// A text between tags or in an attribute; characters that XML forbids are replaced.
std::string xml_text(std::string_view text);

}  // namespace sg
