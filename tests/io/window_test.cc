// Files that are elsewhere: only what is asked for is read, once, and what is given back is gone.
#include "io/window.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "io/file_map.h"
#include "io/read_ahead.h"

namespace sg {
namespace {

std::byte value_at(std::uint64_t offset) { return static_cast<std::byte>(offset * 31 + offset / 4096); }

/// A file whose bytes follow from their places; it counts what is read.
class Counted final : public ByteSource {
 public:
  Result<void> read(std::span<const Piece> pieces) override {
    if (fails) return Error{.kind = ErrorKind::kResource, .what = "the line is dead"};
    for (const Piece& piece : pieces) {
      for (std::size_t i = 0; i < piece.out.size(); ++i) piece.out[i] = value_at(piece.offset + i);
      bytes += piece.out.size();
      ++calls;
    }
    return {};
  }
  std::uint64_t bytes = 0, calls = 0;
  bool fails = false;
};

constexpr std::uint64_t kSize = (std::uint64_t{3} << 20) + 17;

struct Fixture {
  std::shared_ptr<Counted> source = std::make_shared<Counted>();
  FileMap file = FileMap::over("hf://a/b@c/f", kSize, source).value();
  std::span<const std::byte> at(std::uint64_t begin, std::uint64_t size) const {
    return file.bytes().subspan(begin, size);
  }
};

bool right(std::span<const std::byte> bytes, std::uint64_t offset) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != value_at(offset + i)) return false;
  }
  return true;
}

TEST(Window, ReadsWhatIsAskedForOnce) {
  Fixture f;
  ensure(f.at(1000, 200'000));
  EXPECT_TRUE(right(f.at(1000, 200'000), 1000));
  const std::uint64_t once = f.source->bytes;
  EXPECT_GE(once, 200'000u);
  EXPECT_LT(once, 210'000u);
  ensure(f.at(5000, 1000));
  EXPECT_EQ(f.source->bytes, once);
  ensure(f.at(kSize - 5, 5));
  EXPECT_TRUE(right(f.at(kSize - 5, 5), kSize - 5));
}

TEST(Window, WhatIsGivenBackIsReadAgainAndWhatIsPinnedStays) {
  Fixture f;
  pin(f.at(0, 10'000));
  ensure(f.at(0, 1 << 20));
  release(f.file.bytes());
  const std::uint64_t before = f.source->bytes;
  EXPECT_TRUE(right(f.at(0, 10'000), 0));
  ensure(f.at(0, 10'000));
  EXPECT_EQ(f.source->bytes, before);
  ensure(f.at(500'000, 1000));
  EXPECT_GT(f.source->bytes, before);
  EXPECT_TRUE(right(f.at(500'000, 1000), 500'000));
}

TEST(Window, SpotsOutliveTheirPages) {
  Fixture f;
  f.file.window()->want_spots({{100, 164}, {700'000, 700'064}, {2'000'000, 2'000'064}});
  ensure(f.at(0, 1 << 20));
  release(f.file.bytes());
  const std::uint64_t before = f.source->bytes;
  ASSERT_TRUE(f.file.window()->gather_spots().ok());
  EXPECT_EQ(f.source->bytes, before + 64) << "only the spot that was never in memory is read";
  std::vector<std::byte> out(64);
  for (const std::uint64_t spot : {100, 700'000, 2'000'000}) {
    ASSERT_TRUE(f.file.window()->copy(spot, out).ok());
    EXPECT_TRUE(right(out, spot));
  }
  EXPECT_EQ(f.source->bytes, before + 64);
}

TEST(Window, AFailureIsKeptForWhoeverAsks) {
  Fixture f;
  EXPECT_TRUE(f.file.check().ok());
  f.source->fails = true;
  ensure(f.at(0, 100));
  ASSERT_FALSE(f.file.check().ok());
  EXPECT_EQ(f.file.check().error().what, "the line is dead");
  EXPECT_EQ(f.file.bytes()[5], std::byte{0});
  EXPECT_FALSE(f.file.check_unchanged().ok());
}

TEST(Window, AddressesElsewhereAreNobodysBusiness) {
  Fixture f;
  const std::vector<std::byte> own(100);
  EXPECT_FALSE(is_in_window(own.data()));
  EXPECT_TRUE(is_in_window(f.file.bytes().data()));
  EXPECT_FALSE(is_in_window(f.file.bytes().data() + kSize));
  ensure(own);
  EXPECT_EQ(f.source->calls, 0u);
  FileMap moved = std::move(f.file);
  ensure(moved.bytes().first(10));
  EXPECT_TRUE(right(moved.bytes().first(10), 0));
}

RC_GTEST_PROP(RangeSet, IsASetOfBytes, ()) {
  RangeSet ranges;
  std::set<std::uint64_t> bytes;
  const auto steps = *rc::gen::container<std::vector<std::tuple<bool, std::uint8_t, std::uint8_t>>>(
      rc::gen::arbitrary<std::tuple<bool, std::uint8_t, std::uint8_t>>());
  for (const auto& [adds, begin, size] : steps) {
    const ByteRange range = {begin, std::uint64_t{begin} + size % 40};
    adds ? ranges.add(range) : ranges.remove(range);
    for (std::uint64_t i = range.begin; i < range.end; ++i) adds ? (void)bytes.insert(i) : (void)bytes.erase(i);
  }
  RC_ASSERT(ranges.total() == bytes.size());
  std::uint64_t prefix = 0;
  while (bytes.contains(prefix)) ++prefix;
  RC_ASSERT(ranges.prefix() == prefix);
  std::set<std::uint64_t> there, missing;
  for (const ByteRange& range : ranges.within({0, 400})) {
    for (std::uint64_t i = range.begin; i < range.end; ++i) there.insert(i);
  }
  for (const ByteRange& range : ranges.missing({0, 400})) {
    for (std::uint64_t i = range.begin; i < range.end; ++i) missing.insert(i);
  }
  RC_ASSERT(there == bytes);
  RC_ASSERT(missing.size() + there.size() == 400u);
}

/// A line that is slow at one place.
class SlowAt final : public ByteSource {
 public:
  explicit SlowAt(std::uint64_t place) : place_(place) {}
  Result<void> read(std::span<const Piece> pieces) override {
    for (const Piece& piece : pieces) {
      if (piece.offset == place_) std::this_thread::sleep_for(std::chrono::milliseconds(100));
      for (std::size_t i = 0; i < piece.out.size(); ++i) piece.out[i] = value_at(piece.offset + i);
    }
    return {};
  }

 private:
  std::uint64_t place_;
};

TEST(Window, WhatIsAskedForAfterItWasGivenBackStays) {
  constexpr std::uint64_t kSlow = 2 << 20;
  const FileMap file = FileMap::over("hf://a/b@c/f", kSize, std::make_shared<SlowAt>(kSlow)).value();
  const std::span<const std::byte> head = file.bytes().first(200'000);
  {
    ReadAhead reader;
    ensure(head);
    reader.start({.name = "next", .ranges = {file.bytes().subspan(kSlow, 100'000)}});  // its thread is busy now
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reader.give_back({head});
    ensure(head);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // whatever its thread still has to do
  }
  EXPECT_TRUE(right(head, 0));
}

}  // namespace
}  // namespace sg
