// Figures of an experiment file, resolved to numbers.
#pragma once

#include "experiment/evaluate/world.h"

namespace sg {

Figure resolved_figure(const FigureSpec& spec, const World& world);

}  // namespace sg
