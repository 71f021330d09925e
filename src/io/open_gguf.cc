// From a .gguf file, or any one of a split model's files, to a Checkpoint.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "io/checkpoint.h"
#include "io/gguf.h"
#include "io/in_quotes.h"
#include "io/shard_name.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".gguf";

/// A whole number of the metadata, whatever its stored type; absent when missing, negative or no number.
std::optional<std::uint64_t> natural(const GgufContents& file, std::string_view key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return std::nullopt;
  if (const auto* value = std::get_if<std::uint64_t>(&found->second)) return *value;
  const auto* value = std::get_if<std::int64_t>(&found->second);
  return value != nullptr && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

struct OpenFile {
  FileMap map;
  GgufContents contents;
};

Result<OpenFile> open_one(const fs::path& path, const FileSource& source) {
  SG_TRY(FileMap map, source.open(path));
  Result<GgufContents> parsed = parse_gguf(map.bytes(), path.string());
  SG_TRY_VOID(map.check());  // bytes that could not be read explain whatever is wrong with them
  SG_TRY(GgufContents contents, std::move(parsed));
  return OpenFile{std::move(map), std::move(contents)};
}

void take(OpenFile file, Checkpoint& model) {
  const int index = static_cast<int>(model.files.size());
  for (TensorInfo& tensor : file.contents.tensors) {
    tensor.file = index;
    model.tensors.push_back(std::move(tensor));
  }
  if (index == 0) model.metadata = std::move(file.contents.metadata);
  model.files.push_back(std::move(file.map));
}

Result<void> check_shard(const GgufContents& file, const fs::path& path, const ShardName& name) {
  const auto count = natural(file, "split.count"), number = natural(file, "split.no");
  const auto text = [](const std::optional<std::uint64_t>& n) { return n ? fmt::format("{}", *n) : "none"; };
  if (count == name.count && number == name.number - 1) return {};
  return Error{.what = "the split's metadata contradicts the file's name",
               .where = path.string(),
               .expected = fmt::format("split.no {} and split.count {}", name.number - 1, name.count),
               .got = fmt::format("{} and {}", text(number), text(count)),
               .hint = "files of a split model must keep their names"};
}

Result<void> take_shards(const fs::path& named, const ShardName& name, Checkpoint& model) {
  std::optional<std::uint64_t> promised;
  for (std::uint32_t number = 1; number <= name.count; ++number) {
    const ShardName shard{name.stem, number, name.count};
    const fs::path path = named.parent_path() / shard_name_text(shard, kExtension);
    SG_TRY(OpenFile file, open_one(path, *model.source));
    SG_TRY_VOID(check_shard(file.contents, path, shard));
    if (number == 1) promised = natural(file.contents, "split.tensors.count");
    take(std::move(file), model);
  }
  auto& tensors = model.tensors;
  if (promised && *promised != tensors.size()) {
    return Error{.what = "the files of the split do not hold all of its tensors",
                 .where = named.string(),
                 .expected = fmt::format("{}", *promised),
                 .got = fmt::format("{}", tensors.size())};
  }
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice == tensors.end()) return {};
  return Error{.what = "tensor " + in_quotes(twice->name) + " stands in two files of the split",
               .where = named.string()};
}

}  // namespace

Result<Checkpoint> open_gguf(const fs::path& file, std::shared_ptr<const FileSource> source) {
  Checkpoint model;
  model.source = std::move(source);
  model.format = Format::kGguf;
  model.path = file;
  const std::optional<ShardName> name = parse_shard_name(file.filename().string(), kExtension);
  if (name && name->count > 1) {
    SG_TRY_VOID(take_shards(file, *name, model));
    return model;
  }
  SG_TRY(OpenFile opened, open_one(file, *model.source));
  if (natural(opened.contents, "split.count").value_or(1) > 1) {
    return Error{.what = "the file is one of a split model, and its name does not say which",
                 .where = file.string(),
                 .expected = "name-00001-of-000NN.gguf",
                 .hint = "files of a split model must keep their names"};
  }
  take(std::move(opened), model);
  return model;
}

}  // namespace sg
