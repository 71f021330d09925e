#include "tasks/part.h"

#include "base/file_error.h"
#include "base/sha.h"
#include "base/text_file.h"
#include "base/whole_file.h"

namespace sg {
namespace {

constexpr std::string_view kMagic = "streamgauge part 1\n";
constexpr std::size_t kSumDigits = 64;

std::string head_of(const std::string& key) { return std::string(kMagic) + key + "\n"; }

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
  std::string bytes = head_of(key);
  bytes += content;
  bytes += sha256_hex(bytes);
  SG_TRY(WholeFile whole, WholeFile::create(file));
  SG_TRY_VOID(whole.write(bytes));
  return whole.finish();
}

Result<std::string> read_part(const std::filesystem::path& file, const std::string& key) {
  SG_TRY(std::string bytes, read_text_file(file.string()));
  const std::string head = head_of(key);
  if (bytes.size() < head.size() + kSumDigits || !bytes.starts_with(head)) return damaged(file);
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - kSumDigits);
  if (sha256_hex(body) != std::string_view(bytes).substr(body.size())) return damaged(file);
  return bytes.substr(head.size(), body.size() - head.size());
}

}  // namespace sg
