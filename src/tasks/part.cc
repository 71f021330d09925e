#include "tasks/part.h"

#include <fmt/format.h>

#include <fstream>

#include "base/file_error.h"
#include "base/sha.h"
#include "base/text_file.h"
#include "base/whole_file.h"

namespace sg {
namespace {

constexpr std::string_view kMagic = "streamgauge part 2\n";
constexpr std::size_t kSumDigits = 64, kLengthDigits = 16;

std::string head_of(const std::string& key, std::size_t length) {
  return fmt::format("{}{}\n{:0{}x}\n", kMagic, key, length, kLengthDigits);
}
std::size_t head_bytes(const std::string& key) { return kMagic.size() + key.size() + kLengthDigits + 2; }

Error damaged(const std::filesystem::path& file) {
  return {.what = "is no whole part of this task",
          .where = file.string(),
          .hint = "remove it: `streamgauge work` computes it again"};
}

}  // namespace

Result<void> write_part(const std::filesystem::path& file, const std::string& key, std::string_view content) {
  std::error_code failure;
  std::filesystem::create_directories(file.parent_path(), failure);
  if (failure) return file_error("this folder cannot be made", file.parent_path().string(), failure.value());
  std::string bytes = head_of(key, content.size());
  bytes += content;
  bytes += sha256_hex(bytes);
  SG_TRY(WholeFile whole, WholeFile::create(file));
  SG_TRY_VOID(whole.write(bytes));
  return whole.finish();
}

bool has_part(const std::filesystem::path& file, const std::string& key) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(file, failure);
  const std::size_t around = head_bytes(key) + kSumDigits;
  if (failure || size < around) return false;
  std::ifstream stream(file, std::ios::binary);
  std::string head(head_bytes(key), '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  return stream.good() && head == head_of(key, static_cast<std::size_t>(size) - around);
}

Result<std::string> read_part(const std::filesystem::path& file, const std::string& key) {
  SG_TRY(std::string bytes, read_text_file(file.string()));
  const std::size_t head = head_bytes(key);
  if (bytes.size() < head + kSumDigits) return damaged(file);
  const std::size_t length = bytes.size() - head - kSumDigits;
  if (!bytes.starts_with(head_of(key, length))) return damaged(file);
  const std::string_view body = std::string_view(bytes).substr(0, head + length);
  if (sha256_hex(body) != std::string_view(bytes).substr(body.size())) return damaged(file);
  return bytes.substr(head, length);
}

}  // namespace sg
