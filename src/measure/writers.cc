#include "measure/writers.h"

#include <fmt/format.h>

#include "measure/index_list.h"

namespace sg {

Result<WriterPlace> parse_writer_place(const std::string& text, const std::string& flag) {
  const Error wrong = {.kind = ErrorKind::kUsage,
                       .what = "not a channel of a layer",
                       .where = flag,
                       .expected =
                           "LAYER:CHANNEL or LAYER:CHANNEL:TOKEN, as 11:507 or 11:507:0; of layers and tokens "
                           "-1 is the last",
                       .got = "'" + text + "'"};
  std::vector<std::int64_t> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t colon = std::min(text.find(':', at), text.size());
    const Result<IndexList> one = parse_index_list(std::string_view(text).substr(at, colon - at), flag, "");
    if (!one.ok() || one.value().size() != 1 || one.value().front().first != one.value().front().last) return wrong;
    numbers.push_back(one.value().front().first);
    at = colon + 1;
  }
  if (numbers.size() < 2 || numbers.size() > 3) return wrong;
  if (numbers[1] < 0) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = fmt::format("there is no channel {}", numbers[1]),
                 .where = flag,
                 .expected = "a channel from 0 on: channels have no order, and none is the last",
                 .got = "'" + text + "'"};
  }
  WriterPlace place = {.layer = numbers[0], .channel = static_cast<std::size_t>(numbers[1])};
  if (numbers.size() == 3) place.token = numbers[2];
  return place;
}

Result<std::vector<WriterPlace>> resolve_places(const Model& model, const std::vector<Sequence>& sequences,
                                                std::vector<WriterPlace> places) {
  const auto check = [](std::int64_t given, std::size_t length, const std::string& what) -> Result<void> {
    const auto count = static_cast<std::int64_t>(length);
    if (given >= -count && given < count) return {};
    return Error{.kind = ErrorKind::kUsage,
                 .what = fmt::format("there is no {} {}", what, given),
                 .expected = fmt::format("0 to {}, or -1 to -{} from the end", count - 1, count)};
  };
  for (WriterPlace& place : places) {
    SG_TRY_VOID(check(place.layer, model.spec.layers, "layer"));
    if (place.layer < 0) place.layer += static_cast<std::int64_t>(model.spec.layers);
    SG_TRY_VOID(check(static_cast<std::int64_t>(place.channel), model.spec.width, "channel"));
    for (std::size_t s = 0; s < sequences.size() && place.token; ++s) {
      SG_TRY_VOID(check(*place.token, sequences[s].ids.size(), fmt::format("token of prompt {},", s + 1)));
    }
  }
  return places;
}

}  // namespace sg
