// The vectors of chosen sites, layers and tokens: what Model::extract hands out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace streamgauge {

/// One matrix per place, (rows.size() x width), row by row; row r of each is the same token.
struct Extraction {
  struct Row {
    std::size_t sequence = 0, position = 0;  // both from 0
    std::int32_t id = 0;
  };
  struct Place {
    std::string name;           // as TransformerLens has it: "blocks.3.hook_resid_post", "hook_embed"
    std::vector<float> values;  // (rows x width)
  };
  std::size_t width = 0;  // d_model
  std::vector<Row> rows;
  std::vector<Place> places;  // in the order of the pass
};

}  // namespace streamgauge
