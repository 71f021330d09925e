// Files that are part of the program (cmake/StreamgaugeEmbed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace sg {

/// Both views live as long as the program.
struct EmbeddedFile {
  std::string_view path;  // below the folder it was embedded from: "suites/notebook-003.toml"
  std::string_view content;
};

}  // namespace sg
