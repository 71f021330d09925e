// Models of a run that hold the same bytes: checkpoints that were uploaded twice under different names make a study of
// training a study of nothing, and no number shows it.
#pragma once

#include <string>
#include <vector>

#include "measure/row.h"

namespace sg {

/// One sentence for each group of models from different places whose content is the same, empty when there is none.
/// `Model` has key, source and facts, as ModelData and ModelOutcome have.
class SameWeights {
 public:
  template <class Model>
  static std::vector<std::string> notices(const std::vector<Model>& models) {
    std::vector<Content> contents;
    for (const Model& model : models) {
      if (model.facts) contents.push_back({model.key, model.source, model.facts->fingerprint});
    }
    return sentences(contents);
  }

 private:
  struct Content {
    std::string key, source, fingerprint;
  };
  static std::vector<std::string> sentences(const std::vector<Content>& contents);
};

}  // namespace sg
