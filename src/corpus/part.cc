#include "corpus/part.h"

#include "base/sha.h"

namespace sg {

std::string part_of(const CorpusStatistics& statistics) {
  PartWriter out;
  statistics.write(out);
  return out.take();
}

Result<CorpusStatistics> statistics_of(std::string_view part, std::string_view where) {
  PartReader in(part, where);
  SG_TRY(CorpusStatistics statistics, CorpusStatistics::read(in));
  SG_TRY_VOID(in.expect_end());
  return statistics;
}

std::string digest(const CorpusStatistics& statistics) { return sha256_hex(part_of(statistics)); }

}  // namespace sg
