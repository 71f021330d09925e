#include "corpus/part.h"

#include "base/file_error.h"
#include "base/sha.h"
#include "base/text_file.h"
#include "base/whole_file.h"

namespace sg {
namespace {

constexpr std::string_view kMagic = "streamgauge part 1\n";
constexpr std::size_t kSumDigits = 64;

std::string bytes_of(const CorpusStatistics& statistics) {
  PartWriter out;
  statistics.write(out);
  return out.take();
}

Error damaged(const std::filesystem::path& file) {
  return {.what = "is no whole part of this task",
          .where = file.string(),
          .hint = "remove it: `streamgauge work` computes it again"};
}

}  // namespace

std::string digest(const CorpusStatistics& statistics) { return sha256_hex(bytes_of(statistics)); }

Result<void> write_part(const std::filesystem::path& file, const std::string& key, const CorpusStatistics& statistics) {
  std::error_code failure;
  std::filesystem::create_directories(file.parent_path(), failure);
  if (failure) return file_error("this folder cannot be made", file.parent_path().string(), failure.value());
  std::string content = std::string(kMagic) + key + "\n" + bytes_of(statistics);
  content += sha256_hex(content);
  SG_TRY(WholeFile whole, WholeFile::create(file));
  SG_TRY_VOID(whole.write(content));
  return whole.finish();
}

Result<CorpusStatistics> read_part(const std::filesystem::path& file, const std::string& key) {
  SG_TRY(const std::string content, read_text_file(file.string()));
  const std::string head = std::string(kMagic) + key + "\n";
  if (content.size() < head.size() + kSumDigits || !content.starts_with(head)) return damaged(file);
  const std::string_view body = std::string_view(content).substr(0, content.size() - kSumDigits);
  if (sha256_hex(body) != std::string_view(content).substr(body.size())) return damaged(file);
  PartReader in(body.substr(head.size()), file.string());
  SG_TRY(CorpusStatistics statistics, CorpusStatistics::read(in));
  SG_TRY_VOID(in.expect_end());
  return statistics;
}

}  // namespace sg
