// Models and prompts of the library's tests.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "streamgauge/streamgauge.h"

namespace streamgauge {

inline Model golden(const std::string& name) {
  auto model = Model::open(SG_TEST_DATA "/golden/" + name);
  if (!model) throw std::runtime_error(model.error().message());
  return std::move(model).value();
}

inline const std::vector<Prompt> kPrompts = {{.text = "", .ids = {3, 1, 4, 1, 5}}, {.text = "", .ids = {9, 2}}};

}  // namespace streamgauge
