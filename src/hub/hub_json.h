// The Hub's JSON answers, read; hostile input like any other. Absent: not of that form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hub/hub.h"

namespace sg {

struct ModelInfo {
  std::string id, commit;
};
std::optional<ModelInfo> read_model_info(const std::string& json);
/// Appends the files of one page of a listing; folders are passed over. False: not of that form.
bool read_tree_page(const std::string& json, std::vector<HubFile>& files);
std::optional<std::vector<HubRef>> read_refs(const std::string& json);
std::optional<HubUser> read_user(const std::string& json);

/// The listing of a commit as the cache keeps it: trees/<commit>.json, byte for byte as the Python client writes it.
std::string tree_text(const std::vector<HubFile>& files);
std::optional<std::vector<HubFile>> read_tree_text(const std::string& json);

}  // namespace sg
