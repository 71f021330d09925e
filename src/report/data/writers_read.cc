#include "report/data/explain_json.h"
#include "report/data/row_read.h"

namespace sg {
namespace {

template <class T>
Result<void> read_at(const JsonReader& from, const char* key, T& value) {
  SG_TRY(const JsonReader found, from.at(key));
  return read_value(found, {}, value);
}

/// What may be null or missing.
template <class T>
Result<void> read_if_there(const JsonReader& from, const char* key, std::optional<T>& value) {
  const auto found = from.find(key);
  return found ? read_value(*found, {}, value.emplace()) : Result<void>();
}

Result<void> read_network(const JsonReader& from, NetworkWrites& n) {
  SG_TRY_VOID(read_at(from, "network", n.network));
  SG_TRY_VOID(read_if_there(from, "expert", n.expert));
  SG_TRY_VOID(read_at(from, "value", n.value));
  SG_TRY_VOID(read_at(from, "bias", n.bias));
  return read_at(from, "neurons", n.neurons);
}

Result<void> read_attention(const JsonReader& from, Writers& w) {
  SG_TRY_VOID(read_at(from, "value", w.attn_out));
  if (const auto heads = from.find("heads")) SG_TRY_VOID(read_value(*heads, {}, w.heads));
  SG_TRY_VOID(read_at(from, "bias", w.attention_bias));
  return read_if_there(from, "other", w.other);
}

Result<void> read_mlp(const JsonReader& from, Writers& w) {
  SG_TRY_VOID(read_at(from, "value", w.mlp_out));
  SG_TRY(const JsonReader networks, from.at("networks"));
  SG_TRY_VOID(networks.each_item([&](const JsonReader& one) { return read_network(one, w.networks.emplace_back()); }));
  return read_at(from, "bias", w.mlp_bias);
}

Result<void> read_place(const JsonReader& from, std::size_t layers, std::size_t tokens, Writers& w) {
  SG_TRY_VOID(read_at(from, "layer", w.layer));
  SG_TRY_VOID(read_at(from, "channel", w.channel));
  SG_TRY_VOID(read_at(from, "token", w.token));
  if (w.layer >= layers || w.token >= tokens) return from.wrong("a layer and a token of the measurement");
  SG_TRY_VOID(read_at(from, "resid_pre", w.resid_pre));
  SG_TRY(const JsonReader attention, from.at("attn_out"));
  SG_TRY_VOID(read_attention(attention, w));
  SG_TRY(const JsonReader mlp, from.at("mlp_out"));
  SG_TRY_VOID(read_mlp(mlp, w));
  SG_TRY_VOID(read_at(from, "resid_post", w.resid_post));
  return read_if_there(from, "sum_max_relative_error", w.sum_error);
}

}  // namespace

Result<std::vector<std::vector<Writers>>> read_writers(std::string_view json, std::string_view where) {
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(json, where));
  SG_TRY(const JsonReader model, root.at("model"));
  SG_TRY(const JsonReader n_layers, model.at("n_layers"));
  SG_TRY(const std::uint64_t layers, n_layers.count());
  SG_TRY(const JsonReader sequences, root.at("sequences"));
  std::vector<std::vector<Writers>> all;
  std::size_t count = 0;
  SG_TRY_VOID(sequences.each_item([&](const JsonReader& sequence) -> Result<void> {
    ++count;
    const auto found = sequence.find("writers");
    if (!found) return {};
    SG_TRY(const JsonReader ids, sequence.at("ids"));
    SG_TRY(const std::vector<JsonReader> tokens, ids.items());
    std::vector<Writers>& of_sequence = all.emplace_back();
    return found->each_item(
        [&](const JsonReader& place) { return read_place(place, layers, tokens.size(), of_sequence.emplace_back()); });
  }));
  if (!all.empty() && all.size() != count) return sequences.wrong("writers in every sequence, or in none");
  return all;
}

}  // namespace sg
