#include "io/safetensors_index.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>

#include "io/in_quotes.h"

namespace sg {
namespace {

/// A relative path that stays inside the folder it is relative to.
bool stays_inside(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return false;
  const std::filesystem::path path(name);
  return !path.is_absolute() && path.has_filename() && std::find(path.begin(), path.end(), "..") == path.end();
}

}  // namespace

Result<ShardMap> parse_safetensors_index(std::span<const std::byte> json, std::string_view where) {
  const auto fail = [&](std::string what, std::string got = {}) {
    return Error{.what = std::move(what), .where = std::string(where), .got = std::move(got)};
  };
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string text(reinterpret_cast<const char*>(json.data()), json.size());
  const auto code = parser.parse(text).get(root);
  if (code != simdjson::SUCCESS) return fail("the index is not JSON", simdjson::error_message(code));
  simdjson::dom::object weight_map;
  if (root["weight_map"].get(weight_map) != simdjson::SUCCESS) return fail("the index has no object 'weight_map'");
  ShardMap shards;
  std::set<std::string_view> seen;
  for (const auto field : weight_map) {
    std::string_view file;
    if (field.value.get(file) != simdjson::SUCCESS) {
      return fail("weight_map of tensor " + in_quotes(field.key) + " is not the name of a file");
    }
    if (!stays_inside(file)) {
      return fail("weight_map of tensor " + in_quotes(field.key) + " names a file outside the model's folder",
                  in_quotes(file));
    }
    if (!seen.insert(field.key).second) return fail("tensor " + in_quotes(field.key) + " stands twice in weight_map");
    shards[std::string(file)].emplace(field.key);
  }
  if (shards.empty()) return fail("the index names no tensors");
  return shards;
}

}  // namespace sg
