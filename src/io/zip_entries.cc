#include "io/zip_entries.h"

#include <cstdint>
#include <cstring>
#include <optional>

namespace sg {
namespace {

// APPNOTE.TXT of PKWARE, version 6.3: sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16
// (ends), 4.5.3 (64-bit sizes).
constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kLocator64 = 0x07064b50;
constexpr std::size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr std::size_t kMostComment = 65535;
constexpr std::uint32_t kIn64 = 0xffffffff;  // the number stands among the 64-bit ones

using Bytes = std::span<const std::byte>;

/// A number at `at`; absent past the end.
template <class T>
std::optional<T> number_at(Bytes bytes, std::uint64_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

Error damaged(std::string_view where, const char* what) {
  return {.what = std::string("a damaged archive: ") + what,
          .where = std::string(where),
          .expected = "a .npz file as numpy.savez writes it"};
}

struct Directory {
  std::uint64_t entries = 0, at = 0;
};

std::optional<Directory> directory_of(Bytes archive) {
  if (archive.size() < kEndBytes) return std::nullopt;
  const std::size_t least = archive.size() > kEndBytes + kMostComment ? archive.size() - kEndBytes - kMostComment : 0;
  for (std::size_t at = archive.size() - kEndBytes + 1; at-- > least;) {
    if (number_at<std::uint32_t>(archive, at) != kEnd) continue;
    Directory found = {*number_at<std::uint16_t>(archive, at + 10), *number_at<std::uint32_t>(archive, at + 16)};
    if (at < kLocator64Bytes || number_at<std::uint32_t>(archive, at - kLocator64Bytes) != kLocator64) return found;
    const std::uint64_t end64 = *number_at<std::uint64_t>(archive, at - kLocator64Bytes + 8);
    if (number_at<std::uint32_t>(archive, end64) != kEnd64 || archive.size() - end64 < kEnd64Bytes) return std::nullopt;
    return Directory{*number_at<std::uint64_t>(archive, end64 + 32), *number_at<std::uint64_t>(archive, end64 + 48)};
  }
  return std::nullopt;
}

/// What a directory entry says of its file.
struct Listed {
  std::string name;
  std::uint64_t size = 0, stored = 0, at = 0;
  std::uint16_t flags = 0, method = 0;
  std::uint64_t next = 0;  // the entry behind it
};

/// The 64-bit numbers of the extra field, in the order of those that the entry lacks.
bool read_64(Bytes extra, Listed& listed) {
  for (std::uint64_t at = 0; at + 4 <= extra.size();) {
    const std::uint16_t id = *number_at<std::uint16_t>(extra, at), bytes = *number_at<std::uint16_t>(extra, at + 2);
    if (extra.size() - at - 4 < bytes) return false;
    if (id == 1) {
      const Bytes numbers = extra.subspan(at + 4, bytes);
      std::uint64_t place = 0;
      for (std::uint64_t* value : {&listed.size, &listed.stored, &listed.at}) {
        if (*value != kIn64) continue;
        const auto wide = number_at<std::uint64_t>(numbers, place);
        if (!wide) return false;
        *value = *wide;
        place += 8;
      }
    }
    at += 4u + bytes;
  }
  return true;
}

std::optional<Listed> entry_at(Bytes archive, std::uint64_t at) {
  if (number_at<std::uint32_t>(archive, at) != kCentral || archive.size() - at < kCentralBytes) return std::nullopt;
  Listed listed;
  listed.flags = *number_at<std::uint16_t>(archive, at + 8);
  listed.method = *number_at<std::uint16_t>(archive, at + 10);
  listed.stored = *number_at<std::uint32_t>(archive, at + 20);
  listed.size = *number_at<std::uint32_t>(archive, at + 24);
  const std::size_t name = *number_at<std::uint16_t>(archive, at + 28),
                    extra = *number_at<std::uint16_t>(archive, at + 30),
                    comment = *number_at<std::uint16_t>(archive, at + 32);
  listed.at = *number_at<std::uint32_t>(archive, at + 42);
  const std::uint64_t texts = at + kCentralBytes;
  if (archive.size() - texts < name + extra + comment) return std::nullopt;
  listed.name.assign(reinterpret_cast<const char*>(archive.data() + texts), name);
  listed.next = texts + name + extra + comment;
  if (!read_64(archive.subspan(texts + name, extra), listed)) return std::nullopt;
  return listed;
}

std::optional<Bytes> bytes_of(Bytes archive, const Listed& listed) {
  if (number_at<std::uint32_t>(archive, listed.at) != kLocal) return std::nullopt;
  const auto name = number_at<std::uint16_t>(archive, listed.at + 26),
             extra = number_at<std::uint16_t>(archive, listed.at + 28);
  if (!name || !extra) return std::nullopt;
  const std::uint64_t begin = listed.at + kLocalBytes + *name + *extra;
  if (begin > archive.size() || archive.size() - begin < listed.size) return std::nullopt;
  return archive.subspan(begin, listed.size);
}

}  // namespace

Result<std::vector<ZipEntry>> zip_entries(std::span<const std::byte> archive, std::string_view where) {
  const std::optional<Directory> directory = directory_of(archive);
  if (!directory) return damaged(where, "it has no directory");
  std::vector<ZipEntry> entries;
  std::uint64_t at = directory->at;
  for (std::uint64_t i = 0; i < directory->entries; ++i) {
    const std::optional<Listed> listed = entry_at(archive, at);
    if (!listed) return damaged(where, "its directory ends early");
    if (listed->method != 0 || (listed->flags & 1) != 0 || listed->stored != listed->size) {
      return Error{.what = "a compressed array",
                   .where = std::string(where) + ": " + listed->name,
                   .expected = "arrays that are stored as they are",
                   .hint = "write the file with numpy.savez, not numpy.savez_compressed"};
    }
    const std::optional<std::span<const std::byte>> bytes = bytes_of(archive, *listed);
    if (!bytes) return damaged(where, "an array lies outside it");
    entries.push_back({listed->name, *bytes});
    at = listed->next;
  }
  return entries;
}

}  // namespace sg
