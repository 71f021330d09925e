// The models that the program carries to check itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/embedded.h"
#include "base/json_reader.h"
#include "check/temp_folder.h"
#include "measure/row.h"
#include "model/model.h"

namespace sg {

/// A model's files, its golden among them.
struct BuiltIn {
  std::string name;
  std::vector<EmbeddedFile> files;
};
std::vector<BuiltIn> built_in_models();

/// The model of its files, which are gone from the disk, and its golden's text.
struct OpenedModel {
  Model model;
  std::string_view golden;
};
/// Its files stand in `folder` until they are open.
Result<OpenedModel> open_built_in(const BuiltIn& built_in, TempFolder folder);

/// The ids of a golden's sequences.
Result<std::vector<Sequence>> sequences_of(const std::vector<JsonReader>& goldens);

}  // namespace sg
