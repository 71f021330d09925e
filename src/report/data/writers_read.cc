#include "report/data/explain_json.h"
#include "report/data/row_read.h"

namespace sg {
namespace {

Result<void> read_network(const JsonReader& from, NetworkWrites& n) {
  SG_TRY(n.network, from.get<std::string>("network"));
  SG_TRY_VOID(read_if_there(from, "expert", {}, n.expert));
  SG_TRY(n.value, from.get<double>("value"));
  SG_TRY(n.bias, from.get<double>("bias"));
  return read_at(from, "neurons", {}, n.neurons);
}

Result<void> read_attention(const JsonReader& from, Writers& w) {
  SG_TRY(w.attn_out, from.get<double>("value"));
  SG_TRY_VOID(read_if_there(from, "heads", {}, w.heads));
  SG_TRY(w.attention_bias, from.get<double>("bias"));
  return read_if_there(from, "other", {}, w.other);
}

Result<void> read_mlp(const JsonReader& from, Writers& w) {
  SG_TRY(w.mlp_out, from.get<double>("value"));
  SG_TRY(const JsonReader networks, from.at("networks"));
  SG_TRY_VOID(networks.each_item([&](const JsonReader& one) { return read_network(one, w.networks.emplace_back()); }));
  return read_at(from, "bias", {}, w.mlp_bias);
}

Result<void> read_place(const JsonReader& from, const Shape& shape, Writers& w) {
  SG_TRY(w.layer, from.get<std::uint64_t>("layer"));
  SG_TRY(w.channel, from.get<std::uint64_t>("channel"));
  SG_TRY(w.token, from.get<std::uint64_t>("token"));
  if (w.layer >= shape.layers || w.token >= shape.tokens) return from.wrong("a layer and a token of the measurement");
  SG_TRY(w.resid_pre, from.get<double>("resid_pre"));
  SG_TRY(const JsonReader attention, from.at("attn_out"));
  SG_TRY_VOID(read_attention(attention, w));
  SG_TRY(const JsonReader mlp, from.at("mlp_out"));
  SG_TRY_VOID(read_mlp(mlp, w));
  SG_TRY(w.resid_post, from.get<double>("resid_post"));
  return read_if_there(from, "sum_max_relative_error", {}, w.sum_error);
}

}  // namespace

Result<std::vector<std::vector<Writers>>> read_writers(std::string_view json, std::string_view where) {
  std::vector<std::vector<Writers>> all;
  SG_TRY_VOID(each_part(json, where, "writers", [&](const JsonReader& places, const Shape& shape) {
    std::vector<Writers>& of_sequence = all.emplace_back();
    return places.each_item(
        [&](const JsonReader& place) { return read_place(place, shape, of_sequence.emplace_back()); });
  }));
  return all;
}

}  // namespace sg
