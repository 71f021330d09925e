#include "io/read_ahead.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "io/file_map.h"
#include "io/temp_folder.h"

namespace sg {
namespace {

std::vector<TraceEvent> wait_for(const Trace& trace, std::size_t count) {
  for (int i = 0; i < 1000 && trace.events().size() < count; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return trace.events();
}

TEST(ReadAhead, ReadsGroupsInOrderAndSaysSoInTheTrace) {
  const test::TempFolder folder;
  const FileMap map = FileMap::open(folder.write("a", std::string(1 << 20, 'x'))).value();
  Trace trace;
  {
    ReadAhead reader(&trace);
    reader.start({.name = "first", .ranges = {map.bytes().first(500'000)}});
    ASSERT_EQ(wait_for(trace, 1).size(), 1u);
    reader.start({.name = "second", .ranges = {map.bytes().subspan(500'000), map.bytes().first(3)}});
    ASSERT_EQ(wait_for(trace, 2).size(), 2u);
  }
  const std::vector<TraceEvent> events = trace.events();
  EXPECT_EQ(events[0].name, "first");
  EXPECT_EQ(events[0].bytes, 500'000u);
  EXPECT_EQ(events[1].name, "second");
  EXPECT_EQ(events[1].bytes, map.bytes().size() - 500'000 + 3);
  EXPECT_GE(events[1].start, events[0].start + events[0].duration);
  EXPECT_STREQ(events[1].track, "read");
}

TEST(ReadAhead, EndsWhileItReadsAndTakesManyRequests) {
  const test::TempFolder folder;
  const FileMap map = FileMap::open(folder.write("a", std::string(32 << 20, 'x'))).value();
  ReadAhead reader;
  for (int i = 0; i < 100; ++i) reader.start({.name = "again", .ranges = {map.bytes()}});
  EXPECT_EQ(map.bytes().back(), std::byte{'x'});
}

TEST(ReadAhead, WhatIsGivenBackReadsAsBefore) {
  const test::TempFolder folder;
  const FileMap map = FileMap::open(folder.write("a", std::string(1 << 20, 'x'))).value();
  Trace trace;
  ReadAhead reader(&trace);
  for (std::size_t i = 1; i <= 20; ++i) {
    reader.give_back({map.bytes().first(i * 4096), map.bytes().last(4096)});
    reader.start({.name = "rest", .ranges = {map.bytes().subspan(i * 4096)}});
    ASSERT_EQ(wait_for(trace, i).size(), i);
  }
  EXPECT_EQ(map.bytes().front(), std::byte{'x'});
  EXPECT_EQ(map.bytes().back(), std::byte{'x'});
}

TEST(Trace, SpansNestAndNamesAreMadeOnlyForATrace) {
  Trace trace;
  {
    const TraceSpan outer(&trace, "compute", [] { return std::string("outer"); });
    const TraceSpan inner(&trace, "compute", [] { return std::string("inner"); });
  }
  const std::vector<TraceEvent> events = trace.events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "outer");
  EXPECT_LE(events[0].start, events[1].start);
  EXPECT_GE(events[0].start + events[0].duration, events[1].start + events[1].duration);
  bool asked = false;
  {
    const TraceSpan none(nullptr, "compute", [&] {
      asked = true;
      return std::string();
    });
  }
  EXPECT_FALSE(asked);
}

}  // namespace
}  // namespace sg
