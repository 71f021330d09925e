// What is given back when a layer is done: it and its surroundings, never what is in use and never other memory.
#include "model/weight_stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sg {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class SpentRanges : public ::testing::Test {
 protected:
  SpentRanges() {
    const auto path = std::filesystem::temp_directory_path() / ("sg_spent_" + std::to_string(::getpid()));
    std::ofstream(path, std::ios::binary) << "x";
    std::filesystem::resize_file(path, 20 * kMiB);
    checkpoint_.files.push_back(FileMap::open(path).value());
    std::filesystem::remove(path);
  }
  /// In MiB from the beginning of the file.
  std::span<const std::byte> range(std::size_t begin, std::size_t end) const {
    return checkpoint_.files[0].bytes().subspan(begin * kMiB, (end - begin) * kMiB);
  }
  std::string spent(const ByteRanges& done, const ByteRanges& kept) const {
    std::string text;
    for (const auto& r : spent_ranges(checkpoint_, done, kept)) {
      const auto begin = static_cast<std::size_t>(r.data() - checkpoint_.files[0].bytes().data());
      EXPECT_EQ(begin % kMiB + r.size() % kMiB, 0u);
      text +=
          (text.empty() ? "" : " ") + std::to_string(begin / kMiB) + "-" + std::to_string((begin + r.size()) / kMiB);
    }
    return text;
  }

  Checkpoint checkpoint_;
};

TEST_F(SpentRanges, AreWidenedWithinTheFile) {
  EXPECT_EQ(spent({range(8, 9)}, {}), "6-11");
  EXPECT_EQ(spent({range(0, 1)}, {}), "0-3");
  EXPECT_EQ(spent({range(19, 20)}, {}), "17-20");
  EXPECT_EQ(spent({}, {range(1, 2)}), "");
  EXPECT_EQ(spent({range(3, 3)}, {}), "");
}

TEST_F(SpentRanges, AreDisjointAndLeaveWhatIsKept) {
  EXPECT_EQ(spent({range(10, 11), range(6, 7)}, {}), "4-9 9-13");
  EXPECT_EQ(spent({range(8, 9)}, {range(9, 12)}), "6-9");
  EXPECT_EQ(spent({range(8, 9)}, {range(7, 8), range(10, 12)}), "6-7 8-10");
  EXPECT_EQ(spent({range(4, 5), range(8, 9)}, {range(5, 8)}), "2-5 8-11");
  EXPECT_EQ(spent({range(4, 5), range(8, 9)}, {range(0, 20)}), "");
  EXPECT_EQ(spent({range(4, 5), range(12, 13)}, {range(1, 2), range(16, 17)}), "2-7 10-15");
}

TEST_F(SpentRanges, OfOtherMemoryAreNone) {
  const std::string heap(kMiB, 'x');
  EXPECT_EQ(spent({{reinterpret_cast<const std::byte*>(heap.data()), heap.size()}}, {}), "");
}

}  // namespace
}  // namespace sg
