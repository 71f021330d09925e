// ModelSupply: where the models of a run come from while it goes. What is not on this machine is brought while another
// model is measured.
#pragma once

#include <string>

#include "base/result.h"

namespace sg {

/// Called from the thread of the run; `source` is MODEL as it was given.
class ModelSupply {
 public:
  virtual ~ModelSupply() = default;

  /// True when there is nothing to bring: opening the model shows what is there.
  virtual bool is_here(const std::string& source) = 0;
  /// Begins to bring it, unless another one is on its way.
  virtual void want(const std::string& source) = 0;
  /// Waits until it is here. Errors: it cannot be brought; interrupted.
  virtual Result<void> bring(const std::string& source) = 0;
  /// The run does not need its files any more.
  virtual void done(const std::string& source) = 0;
};

}  // namespace sg
