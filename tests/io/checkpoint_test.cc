#include "io/checkpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "io/temp_folder.h"
#include "io/writers.h"

namespace sg {
namespace {

using test::GgufWriter;
using test::TempFolder;
using test::write_safetensors;

#define SG_EXPECT_ERROR(path, part)                                                                    \
  do {                                                                                                 \
    const auto sg_model = open_checkpoint(path);                                                       \
    ASSERT_FALSE(sg_model.ok()) << "no error; wanted: " << (part);                                     \
    EXPECT_EQ(sg_model.error().exit_code(), 3);                                                        \
    EXPECT_NE(sg_model.error().message().find(part), std::string::npos) << sg_model.error().message(); \
  } while (false)

std::string one_tensor(const std::string& name, float value = 0.0f) {
  std::string data;
  test::put(data, value);
  return write_safetensors({{name, "F32", {1}, data}}, R"({"format":"pt"})");
}

float first_value(const Checkpoint& model, std::string_view name) {
  float value = -1.0f;
  if (const TensorInfo* tensor = model.find(name)) std::memcpy(&value, tensor->data, sizeof value);
  return value;
}

std::string index_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string map;
  for (const auto& [tensor, file] : entries) {
    map += (map.empty() ? "" : ",") + test::json_text(tensor) + ":" + test::json_text(file);
  }
  return R"({"metadata":{"total_size":8},"weight_map":{)" + map + "}}";
}

TEST(Checkpoint, SaysWhatAModelMayBe) {
  const TempFolder folder;
  SG_EXPECT_ERROR(folder.path() / "none", "no such file or folder. MODEL is a folder");
  SG_EXPECT_ERROR(folder.write("notes.txt", "hello"), "not a model. MODEL is a folder");
  SG_EXPECT_ERROR(folder.path() / "none.safetensors", "No such file");
  SG_EXPECT_ERROR(folder.path() / "none.gguf", "No such file");
  SG_EXPECT_ERROR(folder.write("empty.gguf", ""), "empty");
}

TEST(Checkpoint, OpensAFolderAndAFile) {
  const TempFolder folder;
  SG_EXPECT_ERROR(folder.path(), "config.json is missing");
  folder.write("config.json", R"({"model_type":"llama"})");
  SG_EXPECT_ERROR(folder.path(), "no weights");
  folder.write("pytorch_model.bin", "x");
  SG_EXPECT_ERROR(folder.path(), "PyTorch");
  folder.write("consolidated.safetensors", one_tensor("native"));
  folder.write("original/model.safetensors", one_tensor("native"));
  SG_EXPECT_ERROR(folder.path(), "no weights");
  const auto file = folder.write("model.safetensors", one_tensor("w", 2.0f));
  folder.write("tokenizer.json", "{}");
  for (const auto& path : {folder.path(), file}) {
    auto opened = open_checkpoint(path);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    const Checkpoint model = std::move(opened).value();
    EXPECT_EQ(model.format, Format::kSafetensors);
    EXPECT_EQ(model.path, path);
    EXPECT_EQ(model.config_json, R"({"model_type":"llama"})");
    EXPECT_EQ(model.tokenizer_json.filename(), "tokenizer.json");
    ASSERT_NE(model.meta<std::string_view>("format"), nullptr);
    EXPECT_EQ(*model.meta<std::string_view>("format"), "pt");
    EXPECT_EQ(model.meta<bool>("format"), nullptr);
    EXPECT_EQ(first_value(model, "w"), 2.0f);
    EXPECT_EQ(model.find("v"), nullptr);
    EXPECT_EQ(model.find("native"), nullptr);
  }
}

TEST(Checkpoint, OpensShardsThroughTheirIndex) {
  const TempFolder folder;
  folder.write("config.json", "{}");
  const std::string first = "model-00001-of-00002.safetensors", second = "model-00002-of-00002.safetensors";
  folder.write("model.safetensors.index.json", index_of({{"b", second}, {"a", first}}));
  SG_EXPECT_ERROR(folder.path(), "shard '" + first + "' is missing");
  folder.write(first, one_tensor("a", 1.0f));
  SG_EXPECT_ERROR(folder.path(), "shard '" + second + "' is missing");
  folder.write(second, one_tensor("c"));
  SG_EXPECT_ERROR(folder.path(), second + ": tensor 'b' is not in the shard that model.safetensors.index.json names");
  // 'a' also stands in the second shard, but the map takes it from the first.
  std::string data;
  test::put(data, 2.0f);
  folder.write(second, write_safetensors({{"c", "F32", {1}, data}, {"b", "F32", {1}, data}, {"a", "F32", {1}, data}}));
  for (const auto& path : {folder.path(), folder.path() / first, folder.path() / second}) {
    auto opened = open_checkpoint(path);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    const Checkpoint model = std::move(opened).value();
    ASSERT_EQ(model.tensors.size(), 2u);
    ASSERT_EQ(model.files.size(), 2u);
    EXPECT_EQ(first_value(model, "a"), 1.0f);
    EXPECT_EQ(first_value(model, "b"), 2.0f);
    EXPECT_EQ(model.files[static_cast<std::size_t>(model.find("b")->file)].path().filename(), second);
  }
  std::filesystem::remove(folder.path() / "model.safetensors.index.json");
  SG_EXPECT_ERROR(folder.path() / first, "one shard of several");
}

TEST(Checkpoint, RefusesABrokenIndex) {
  const TempFolder folder;
  folder.write("config.json", "{}");
  const auto with_index = [&](const std::string& text) {
    folder.write("model.safetensors.index.json", text);
    return folder.path();
  };
  SG_EXPECT_ERROR(with_index(""), "empty");
  SG_EXPECT_ERROR(with_index("{"), "not JSON");
  SG_EXPECT_ERROR(with_index("[]"), "no object 'weight_map'");
  SG_EXPECT_ERROR(with_index("{}"), "no object 'weight_map'");
  SG_EXPECT_ERROR(with_index(R"({"weight_map":{"a":1}})"), "not the name of a file");
  SG_EXPECT_ERROR(with_index(R"({"weight_map":{}})"), "names no tensors");
  SG_EXPECT_ERROR(with_index(index_of({{"a", "m.safetensors"}, {"a", "m.safetensors"}})), "stands twice");
  for (const char* file : {"/etc/passwd", "../m.safetensors", "x/../../m.safetensors", "..", "", "x/"}) {
    SG_EXPECT_ERROR(with_index(index_of({{"a", file}})), "outside the model's folder");
  }
}

std::string shard(std::uint16_t number, std::uint16_t count, std::int32_t tensors, const std::string& tensor) {
  GgufWriter writer;
  if (number == 0) writer.string("general.architecture", "llama");
  writer.number("split.no", test::kGgufU16, number);
  writer.number("split.count", test::kGgufU16, count);
  writer.number("split.tensors.count", test::kGgufI32, tensors);
  std::string data;
  test::put(data, static_cast<float>(number));
  writer.tensor(tensor, 0, {1}, data);
  return writer.file();
}

TEST(Checkpoint, OpensASplitGgufByAnyOfItsFiles) {
  const TempFolder folder;
  const auto first = folder.write("m-00001-of-00002.gguf", shard(0, 2, 2, "z"));
  const auto second = folder.path() / "m-00002-of-00002.gguf";
  SG_EXPECT_ERROR(first, "m-00002-of-00002.gguf");
  folder.write("m-00002-of-00002.gguf", shard(1, 2, 2, "a"));
  for (const auto& path : {first, second, folder.path()}) {
    auto opened = open_checkpoint(path);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    const Checkpoint model = std::move(opened).value();
    EXPECT_EQ(model.format, Format::kGguf);
    EXPECT_EQ(model.files.size(), 2u);
    EXPECT_EQ(*model.meta<std::string_view>("general.architecture"), "llama");
    ASSERT_EQ(model.tensors.size(), 2u);
    EXPECT_EQ(model.tensors[0].name, "a");
    EXPECT_EQ(model.tensors[0].file, 1);
    EXPECT_EQ(first_value(model, "a"), 1.0f);
    EXPECT_EQ(first_value(model, "z"), 0.0f);
  }
  folder.write("m-00002-of-00002.gguf", shard(0, 2, 2, "a"));
  SG_EXPECT_ERROR(first, "split.no 1 and split.count 2");
  folder.write("m-00002-of-00002.gguf", shard(1, 3, 2, "a"));
  SG_EXPECT_ERROR(first, "got 1 and 3");
  folder.write("m-00002-of-00002.gguf", shard(1, 2, 2, "z"));
  SG_EXPECT_ERROR(first, "tensor 'z' stands in two files");
  folder.write("m-00001-of-00002.gguf", shard(0, 2, 3, "z"));
  SG_EXPECT_ERROR(first, "do not hold all of its tensors");
  SG_EXPECT_ERROR(folder.write("renamed.gguf", shard(0, 2, 2, "z")), "one of a split model");
}

TEST(Checkpoint, OpensAFolderWithOneGguf) {
  const TempFolder folder;
  GgufWriter writer;
  writer.string("general.architecture", "gemma3");
  folder.write("a.gguf", writer.file());
  EXPECT_TRUE(open_checkpoint(folder.path()).ok());
  folder.write("b.GGUF", writer.file());
  SG_EXPECT_ERROR(folder.path(), "got a.gguf, b.GGUF");
}

std::string small_gguf(const char* architecture, const char* type = nullptr) {
  GgufWriter writer;
  writer.string("general.architecture", architecture);
  if (type != nullptr) writer.string("general.type", type);
  std::string data;
  test::put(data, 1.0f);
  writer.tensor("t", 0, {1}, data);
  return writer.file();
}

TEST(Checkpoint, AGgufIsKnownByItsFirstBytes) {
  const TempFolder folder;
  const auto blob = folder.write("sha256-0123abcd", small_gguf("llama"));
  const auto opened = open_checkpoint(blob);
  ASSERT_TRUE(opened.ok()) << opened.error().message();
  EXPECT_EQ(opened.value().format, Format::kGguf);
  SG_EXPECT_ERROR(folder.write("other", "GGU"), "not a model");
  SG_EXPECT_ERROR(folder.write("cut", "GGUF"), "cut");
}

TEST(Checkpoint, WhatLiesBesideAGgufModelIsNoSecondModel) {
  const TempFolder folder;
  const auto model = folder.write("model.gguf", small_gguf("llama", "model"));
  folder.write("mmproj.gguf", small_gguf("clip", "mmproj"));
  folder.write("old-projector.gguf", small_gguf("clip"));
  folder.write("adapter.gguf", small_gguf("llama", "adapter"));
  const auto opened = open_checkpoint(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.error().message();
  EXPECT_EQ(opened.value().files[0].path(), model);
  folder.write("second.gguf", small_gguf("llama"));
  SG_EXPECT_ERROR(folder.path(), "got model.gguf, second.gguf");
  const TempFolder alone;
  alone.write("mmproj.gguf", small_gguf("clip", "mmproj"));
  EXPECT_TRUE(open_checkpoint(alone.path()).ok());  // and is refused as an architecture
}

}  // namespace
}  // namespace sg
