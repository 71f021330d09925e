#include "report/file/zip_file.h"

#include <zlib.h>

#include <cstdint>
#include <limits>
#include <string_view>

namespace sg {
namespace {

constexpr std::uint16_t kFirstDay = (1 << 5) | 1;  // 1980-01-01, the earliest that the format has
constexpr std::uint16_t kVersion = 20;             // of the format: deflate
constexpr std::uint16_t kUtf8Names = 1 << 11, kDeflate = 8;
constexpr std::uint32_t kLocalHead = 0x04034b50, kCentralHead = 0x02014b50, kEnd = 0x06054b50;
constexpr int kMemoryLevel = 9, kRawWindow = -15;  // zlib's: no head of its own around the deflated bytes

Error zip_failure(std::string why) {
  return {
      .kind = ErrorKind::kResource, .what = "no archive can be made", .where = "archive.zip", .got = std::move(why)};
}

/// Appends a number of the format, its low byte first.
template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

Result<std::string> deflated(const std::string& content) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kRawWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return zip_failure("too little memory");
  }
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (ended != Z_STREAM_END) return zip_failure("a content that cannot be compressed");
  return out;
}

/// What the heads of an entry have in common.
std::string facts_of(std::string_view name, const std::string& content, std::size_t stored) {
  std::string out;
  put(out, kVersion);
  put(out, kUtf8Names);
  put(out, kDeflate);
  put(out, std::uint16_t{0});  // midnight
  put(out, kFirstDay);
  put(out, static_cast<std::uint32_t>(
               crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()))));
  put(out, static_cast<std::uint32_t>(stored));
  put(out, static_cast<std::uint32_t>(content.size()));
  put(out, static_cast<std::uint16_t>(name.size()));
  put(out, std::uint16_t{0});  // no extra field
  return out;
}

}  // namespace

Result<std::string> zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  constexpr std::size_t kMostBytes = std::numeric_limits<std::uint32_t>::max() / 2, kMostEntries = 0xffff;
  if (entries.size() > kMostEntries) return zip_failure("more files than an archive holds");
  std::string archive, directory;
  for (const auto& [name, content] : entries) {
    if (name.size() > kMostEntries || content.size() > kMostBytes) return zip_failure("too large: " + name);
    SG_TRY(const std::string data, deflated(content));
    if (archive.size() + data.size() > kMostBytes) return zip_failure("more bytes than an archive holds");
    const std::string facts = facts_of(name, content, data.size());
    put(directory, kCentralHead);
    put(directory, kVersion);
    directory += facts;
    put(directory, std::uint16_t{0});  // no comment
    put(directory, std::uint16_t{0});  // the first disk
    put(directory, std::uint16_t{0});  // nothing is known of the content
    put(directory, std::uint32_t{0});  // no attributes
    put(directory, static_cast<std::uint32_t>(archive.size()));
    directory += name;
    put(archive, kLocalHead);
    archive += facts + name + data;
  }
  const std::size_t begin = archive.size();
  archive += directory;
  put(archive, kEnd);
  put(archive, std::uint32_t{0});  // disks: this one and the first
  for (int i = 0; i < 2; ++i) put(archive, static_cast<std::uint16_t>(entries.size()));
  put(archive, static_cast<std::uint32_t>(directory.size()));
  put(archive, static_cast<std::uint32_t>(begin));
  put(archive, std::uint16_t{0});  // no comment
  return archive;
}

}  // namespace sg
