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

TEST(RangesOf, AreAMatrixsOwn) {
  const std::string bytes(960, 'x');
  const auto* const data = reinterpret_cast<const std::byte*>(bytes.data());
  const auto text = [&](const WeightView& matrix) {
    std::string all;
    for (const auto& range : ranges_of(matrix))
      all += std::to_string(range.data() - data) + "+" + std::to_string(range.size()) + " ";
    return all;
  };
  EXPECT_EQ(text({.data = data + 16, .rows = 3, .cols = 4, .row_bytes = 16}), "16+48 ");
  EXPECT_EQ(text({.data = data, .rows = 3, .cols = 4, .row_bytes = 6, .transposed = true}), "0+24 ");
  // Three matrices of four rows one after another: codes of 64 bytes a row, five bytes for every two rows, a number.
  PackedMatrix stack = {.rows = 12, .cols = 128};
  const std::span<const std::byte> all(data, bytes.size());
  stack.parts = {all.subspan(0, 768), all.subspan(768, 30), all.subspan(798, 4)};
  EXPECT_EQ(text({.rows = 4, .cols = 128, .packed = &stack, .packed_row = 4}), "256+256 778+10 799+2 ");
  EXPECT_EQ(text({.rows = 128, .cols = 4, .transposed = true, .packed = &stack, .packed_row = 8}),
            "512+256 788+10 800+2 ");
}

TEST_F(SpentRanges, OfOtherMemoryAreNone) {
  const std::string heap(kMiB, 'x');
  EXPECT_EQ(spent({{reinterpret_cast<const std::byte*>(heap.data()), heap.size()}}, {}), "");
}

}  // namespace
}  // namespace sg
