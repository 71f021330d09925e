#include "hub/hub_json.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sg {
namespace {

using Object = simdjson::dom::object;
using Element = simdjson::dom::element;

std::string text_of(const Object& object, const char* key) {
  std::string_view text;
  return object[key].get_string().get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

bool is_hex(const std::string& text, std::size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A document parsed and kept with its parser.
struct Parsed {
  simdjson::dom::parser parser;
  Element root;
  bool ok;
  explicit Parsed(const std::string& json) : ok(parser.parse(json).get(root) == simdjson::SUCCESS) {}
};

bool read_large(const Object& entry, HubFile& file) {
  Object lfs;
  if (entry["lfs"].get_object().get(lfs) != simdjson::SUCCESS) return true;  // none, or null
  file.sha256 = text_of(lfs, "oid");
  if (file.sha256.starts_with("sha256:")) file.sha256.erase(0, 7);
  std::uint64_t size = 0;
  if (lfs["size"].get_uint64().get(size) == simdjson::SUCCESS) file.size = size;
  return is_hex(file.sha256, 64);
}

bool read_entry(const Element& element, std::vector<HubFile>& files) {
  Object entry;
  if (element.get_object().get(entry) != simdjson::SUCCESS) return false;
  if (text_of(entry, "type") != "file") return true;
  HubFile file;
  file.path = text_of(entry, "path");
  file.git_sha1 = text_of(entry, "oid");
  if (entry["size"].get_uint64().get(file.size) != simdjson::SUCCESS || !is_hex(file.git_sha1, 40)) return false;
  file.blob_size = file.size;
  file.xet_hash = text_of(entry, "xetHash");
  if (!file.xet_hash.empty() && !is_hex(file.xet_hash, 64)) return false;
  if (!read_large(entry, file)) return false;
  files.push_back(std::move(file));
  return true;
}

}  // namespace

std::optional<ModelInfo> read_model_info(const std::string& json) {
  const Parsed parsed(json);
  Object object;
  if (!parsed.ok || parsed.root.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  return ModelInfo{.id = text_of(object, "id"), .commit = text_of(object, "sha")};
}

bool read_tree_page(const std::string& json, std::vector<HubFile>& files) {
  const Parsed parsed(json);
  simdjson::dom::array entries;
  if (!parsed.ok || parsed.root.get_array().get(entries) != simdjson::SUCCESS) return false;
  return std::all_of(entries.begin(), entries.end(), [&](const Element& e) { return read_entry(e, files); });
}

std::optional<std::vector<HubRef>> read_refs(const std::string& json) {
  const Parsed parsed(json);
  Object object;
  if (!parsed.ok || parsed.root.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  std::vector<HubRef> refs;
  for (const char* kind : {"branches", "tags"}) {
    simdjson::dom::array list;
    if (object[kind].get_array().get(list) != simdjson::SUCCESS) continue;
    for (const Element& element : list) {
      Object ref;
      if (element.get_object().get(ref) != simdjson::SUCCESS) return std::nullopt;
      refs.push_back({.name = text_of(ref, "name"), .commit = text_of(ref, "targetCommit")});
      if (refs.back().name.empty() || !is_hex(refs.back().commit, 40)) return std::nullopt;
    }
  }
  return refs;
}

std::optional<HubUser> read_user(const std::string& json) {
  const Parsed parsed(json);
  Object object, auth, token;
  if (!parsed.ok || parsed.root.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  HubUser user = {.name = text_of(object, "name")};
  if (user.name.empty()) return std::nullopt;
  simdjson::dom::array orgs;
  if (object["orgs"].get_array().get(orgs) == simdjson::SUCCESS) {
    for (const Element& element : orgs) {
      Object org;
      if (element.get_object().get(org) == simdjson::SUCCESS) user.organisations.push_back(text_of(org, "name"));
    }
  }
  if (object["auth"].get_object().get(auth) == simdjson::SUCCESS &&
      auth["accessToken"].get_object().get(token) == simdjson::SUCCESS) {
    user.token_name = text_of(token, "displayName");
    user.token_role = text_of(token, "role");
  }
  return user;
}

std::string tree_text(const std::vector<HubFile>& files) {
  nlohmann::ordered_json tree = {{"format_version", 1}, {"files", nlohmann::ordered_json::object()}};
  std::vector<const HubFile*> sorted;
  for (const HubFile& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(), [](const HubFile* a, const HubFile* b) { return a->path < b->path; });
  auto& entries = tree["files"].get_ref<nlohmann::ordered_json::object_t&>();
  for (const HubFile* file : sorted) {
    nlohmann::ordered_json entry = {{"size", file->blob_size}, {"blob_id", file->git_sha1}};
    if (!file->sha256.empty()) {
      entry["lfs_sha256"] = file->sha256;
      entry["lfs_size"] = file->size;
    }
    if (!file->xet_hash.empty()) entry["xet_hash"] = file->xet_hash;
    entries.emplace_back(file->path, std::move(entry));  // sorted already: no search for each of thousands
  }
  return tree.dump(1, ' ', /*ensure_ascii=*/true);
}

std::optional<std::vector<HubFile>> read_tree_text(const std::string& json) {
  const Parsed parsed(json);
  Object object, entries;
  std::uint64_t version = 0;
  if (!parsed.ok || parsed.root.get_object().get(object) != simdjson::SUCCESS ||
      object["format_version"].get_uint64().get(version) != simdjson::SUCCESS || version != 1 ||
      object["files"].get_object().get(entries) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::vector<HubFile> files;
  for (const auto& [path, element] : entries) {
    Object entry;
    HubFile file = {.path = std::string(path)};
    if (element.get_object().get(entry) != simdjson::SUCCESS ||
        entry["size"].get_uint64().get(file.blob_size) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    file.size = file.blob_size;
    file.git_sha1 = text_of(entry, "blob_id");
    file.sha256 = text_of(entry, "lfs_sha256");
    std::uint64_t size = 0;
    if (entry["lfs_size"].get_uint64().get(size) == simdjson::SUCCESS) file.size = size;
    file.xet_hash = text_of(entry, "xet_hash");
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace sg
