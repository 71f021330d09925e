#include "cli/plot_file.h"

#include "cli/flags.h"
#include "cli/signals.h"
#include "report/figure/bitmap.h"
#include "report/figure/measurement_figure.h"
#include "report/file/output_file.h"

namespace sg {

void add_plot(CLI::App& command, std::string& file) {
  add_value(command, "--plot", file, "FILE", "norms and gains layer by layer as a picture, FILE.svg or FILE.png");
}

Result<void> check_plot(const std::string& file) {
  if (file.empty() || file.ends_with(".svg") || file.ends_with(".png")) return {};
  return usage_error(
      {.what = "not a picture's name", .where = "--plot", .expected = "FILE.svg or FILE.png", .got = "'" + file + "'"});
}

Result<void> write_plot(const std::string& file, const Measurement& measurement) {
  if (file.empty()) return {};
  std::string picture = draw_figure(measurement_picture(measurement)).svg;
  if (file.ends_with(".png")) {
    SG_TRY(picture, bitmap_of(picture, {.stop = &stop_requested()}));
  }
  return write_output(file, picture);
}

}  // namespace sg
