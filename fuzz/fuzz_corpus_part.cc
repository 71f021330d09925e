// Parts of a corpus from anybody's file: refused, or statistics that are written, read again and added up.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "corpus/part.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const sg::Result<sg::CorpusStatistics> read = sg::statistics_of(bytes, "part");
  if (!read.ok()) return 0;
  const std::string written = sg::part_of(read.value());
  const sg::Result<sg::CorpusStatistics> again = sg::statistics_of(written, "part");
  SG_CHECK(again.ok() && sg::part_of(again.value()) == written, "what was written is read as it was");
  sg::CorpusStatistics sum = read.value();
  sum.add(again.value());
  SG_CHECK(sum.documents == 2 * read.value().documents, "parts add up");
  return 0;
}
