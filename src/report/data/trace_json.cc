#include "report/data/trace_json.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace sg {

Json trace_json(std::span<const TraceEvent> events) {
  std::vector<std::string_view> tracks;
  Json list = Json::array();
  for (const TraceEvent& event : events) {
    auto track = std::ranges::find(tracks, event.track);
    if (track == tracks.end()) {
      list.push_back({{"ph", "M"},
                      {"name", "thread_name"},
                      {"pid", 1},
                      {"tid", tracks.size()},
                      {"args", {{"name", event.track}}}});
      track = tracks.insert(tracks.end(), event.track);
    }
    Json entry = {
        {"ph", "X"},         {"name", event.name},   {"cat", event.track}, {"pid", 1}, {"tid", track - tracks.begin()},
        {"ts", event.start}, {"dur", event.duration}};
    if (event.bytes > 0) entry["args"] = {{"bytes", event.bytes}};
    list.push_back(std::move(entry));
  }
  return {{"displayTimeUnit", "ms"}, {"traceEvents", std::move(list)}};
}

}  // namespace sg
