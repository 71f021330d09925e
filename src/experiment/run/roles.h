// Which models run, and which of the experiment's models each of them stands for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "experiment/evaluate/model_data.h"
#include "experiment/file/experiment.h"

namespace sg {

/// --model KEY=MODEL.
struct KeyedModel {
  std::string key, model;
  std::string label = {};  // for people; empty: the file's
};

struct Cast {
  std::vector<ModelData> models;  // key, name, label, source and stated facts are filled
  std::vector<std::string> notices;
};

/// Without any given model, those of the file from their hub ids. A key that the file does not list takes the place
/// of the next listed model that nobody named when the experiment compares named models, else it is one of its own.
/// Errors (usage): a key given twice.
Result<Cast> cast_models(const Experiment& experiment, std::span<const KeyedModel> given);

}  // namespace sg
