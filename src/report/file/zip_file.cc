#include "report/file/zip_file.h"

#include <zip.h>

#include <memory>

namespace sg {
namespace {

constexpr zip_uint16_t kFirstDay = (1 << 5) | 1;  // 1980-01-01, the earliest that the format has
constexpr zip_uint32_t kCompression = 9;

Error zip_failure(const std::string& what, const std::string& why) {
  return {.kind = ErrorKind::kResource, .what = what, .where = "archive.zip", .got = why};
}

struct SourceCloser {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
struct ArchiveCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Source = std::unique_ptr<zip_source_t, SourceCloser>;
using Archive = std::unique_ptr<zip_t, ArchiveCloser>;

Result<void> add_entry(zip_t* archive, const std::string& name, const std::string& content) {
  // The archive reads `content` when it is closed; it does not own it.
  zip_source_t* data = zip_source_buffer(archive, content.data(), content.size(), 0);
  if (data == nullptr) return zip_failure("an entry cannot be made", zip_strerror(archive));
  const zip_int64_t index = zip_file_add(archive, name.c_str(), data, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(data);
    return zip_failure("an entry cannot be added", zip_strerror(archive));
  }
  const auto at = static_cast<zip_uint64_t>(index);
  if (zip_file_set_dostime(archive, at, 0, kFirstDay, 0) != 0 ||
      zip_set_file_compression(archive, at, ZIP_CM_DEFLATE, kCompression) != 0) {
    return zip_failure("an entry cannot be described", zip_strerror(archive));
  }
  return {};
}

Result<std::string> bytes_of(zip_source_t* source) {
  zip_stat_t info;
  if (zip_source_stat(source, &info) != 0 || zip_source_open(source) != 0) {
    return zip_failure("the archive cannot be read back", zip_error_strerror(zip_source_error(source)));
  }
  std::string bytes(info.size, '\0');
  const zip_int64_t read = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (read != static_cast<zip_int64_t>(bytes.size()))
    return zip_failure("the archive cannot be read back", "short read");
  return bytes;
}

}  // namespace

Result<std::string> zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  const Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (!source) return zip_failure("no archive can be made", zip_error_strerror(&error));
  zip_source_keep(source.get());  // ours outlives the archive's
  Archive archive(zip_open_from_source(source.get(), ZIP_TRUNCATE, &error));
  if (!archive) {
    zip_source_free(source.get());
    return zip_failure("no archive can be made", zip_error_strerror(&error));
  }
  for (const auto& [name, content] : entries) SG_TRY_VOID(add_entry(archive.get(), name, content));
  if (zip_close(archive.get()) != 0) return zip_failure("the archive cannot be finished", zip_strerror(archive.get()));
  static_cast<void>(archive.release());  // zip_close took it
  return bytes_of(source.get());
}

}  // namespace sg
