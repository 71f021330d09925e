// Measurement of the public library as Python sees it.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>

#include "bind.h"
#include "job.h"
#include "rows.h"

namespace sgpy {
namespace {

using streamgauge::Measurement;

const streamgauge::SequenceMeasurement& sequence_at(const Measurement& m, std::size_t i) {
  if (i >= m.sequences().size()) throw nb::index_error("no such prompt");
  return m.sequences()[i];
}

/// {name: float64 [layer, head, token]}, the layers, the largest miss of their sums.
nb::tuple heads_of(const Measurement& m, std::size_t i) {
  const auto held = std::make_shared<const streamgauge::HeadTables>(value_of(m.heads(i)));
  const nb::capsule owner = owner_of(held);
  nb::dict tables;
  const auto add = [&](const char* name, const std::vector<double>& values) {
    tables[name] = nb::ndarray<nb::numpy, const double, nb::ndim<3>>(
                       values.data(), {held->layers.size(), held->heads, held->tokens}, owner)
                       .cast();
  };
  add("contribution", held->contribution);
  add("first_token_mass", held->first_token_mass);
  add("massive_token_mass", held->massive_token_mass);
  add("entropy", held->entropy);
  return nb::make_tuple(tables, to_python(held->layers), to_python(held->sum_max_relative_error));
}

/// {kind of row: its columns}
nb::dict columns() {
  nb::dict out;
  out["logits"] = keys_of<streamgauge::LogitStats>();
  out["lens"] = keys_of<streamgauge::LensRow>();
  out["targets"] = keys_of<streamgauge::TargetRow>();
  out["massive"] = keys_of<streamgauge::Massive>();
  out["massive_values"] = keys_of<streamgauge::Massive>();
  out["super_experts"] = keys_of<streamgauge::SuperExpert>();
  return out;
}

}  // namespace

void bind_measurement(nb::module_& m) {
  m.def("columns", &columns, nb::sig("def columns() -> dict[str, list[str]]"));
  nb::class_<Measurement>(m, "Measurement")
      .def_static(
          "read",
          [](const std::string& json, const std::string& where) { return value_of(Measurement::read(json, where)); },
          kUnlocked)
      .def("__len__", [](const Measurement& self) { return self.sequences().size(); })
      .def(
          "facts", [](const Measurement& self) { return to_python(self.model()); },
          nb::sig("def facts(self) -> " SGPY_DICT))
      .def(
          "engine", [](const Measurement& self) { return to_python(self.rows().engine); },
          nb::sig("def engine(self) -> " SGPY_DICT))
      .def("warnings", [](const Measurement& self) { return self.warnings(); })
      .def("seconds", [](const Measurement& self) { return self.rows().seconds; })
      .def("peak_bytes", [](const Measurement& self) { return self.rows().peak_bytes; })
      .def(
          "sequence", [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).sequence); },
          nb::sig("def sequence(self, prompt: int) -> " SGPY_DICT))
      .def(
          "norms",
          [](const Measurement& self, std::size_t i) { return tables(sequence_at(self, i).norms, owner_of(self)); },
          nb::sig("def norms(self, prompt: int) -> " SGPY_DICT))
      .def(
          "dots",
          [](const Measurement& self, std::size_t i) { return tables(sequence_at(self, i).dots, owner_of(self)); },
          nb::sig("def dots(self, prompt: int) -> " SGPY_DICT))
      .def(
          "logits", [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).logits); },
          nb::sig("def logits(self, prompt: int) -> " SGPY_ROWS))
      .def(
          "lens", [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).lens); },
          nb::sig("def lens(self, prompt: int) -> " SGPY_ROWS))
      .def(
          "targets", [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).targets); },
          nb::sig("def targets(self, prompt: int) -> " SGPY_ROWS))
      .def(
          "massive", [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).massive); },
          nb::sig("def massive(self, prompt: int) -> " SGPY_ROWS))
      .def(
          "massive_values",
          [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).massive_values); },
          nb::sig("def massive_values(self, prompt: int) -> " SGPY_ROWS))
      .def(
          "routing", [](const Measurement& self, std::size_t i) { return to_python(sequence_at(self, i).routing); },
          nb::sig("def routing(self, prompt: int) -> " SGPY_ROWS))
      .def(
          "expert_load", [](const Measurement& self) { return to_python(self.expert_load()); },
          nb::sig("def expert_load(self) -> " SGPY_ROWS))
      .def(
          "super_experts", [](const Measurement& self) { return to_python(self.super_experts()); },
          nb::sig("def super_experts(self) -> " SGPY_ROWS))
      .def(
          "growth",
          [](const Measurement& self, std::size_t s, std::size_t l, std::size_t t) {
            const streamgauge::Growth g = value_of(self.growth(s, l, t));
            return nb::make_tuple(g.attention, g.mlp, g.cross, g.cos_attention, g.cos_mlp);
          },
          nb::sig("def growth(self, prompt: int, layer: int, token: int) -> tuple[typing.Optional[float], ...]"))
      .def(
          "ladder",
          [](const Measurement& self, const std::string& reduction) { return value_of(self.ladder(reduction)); },
          kUnlocked)
      .def("heads", &heads_of, nb::arg("prompt"),
           nb::sig("def heads(self, prompt: int) -> tuple[" SGPY_DICT ", list[int], typing.Optional[float]]"))
      .def(
          "writers_json", [](const Measurement& self) { return to_python(value_of(self.writers_json())); },
          nb::sig("def writers_json(self) -> str"))
      .def(
          "explain_json",
          [](const Measurement& self, const std::string& definition, const std::string& layers) {
            return to_python(value_of(self.explain_json(definition, layers)));
          },
          nb::sig("def explain_json(self, definition: str, layers: str) -> str"))
      .def(
          "gains_json",
          [](const Measurement& self, const std::string& definition) { return value_of(self.gains_json(definition)); },
          kUnlocked)
      .def(
          "explorer_html",
          [](const Measurement& self, const std::vector<Measurement>& beside) {
            return to_python(value_of(self.explorer_html(beside)));
          },
          nb::sig("def explorer_html(self, beside: collections.abc.Sequence[Measurement]) -> str"))
      .def(
          "json", [](const Measurement& self) { return to_python(self.json()); }, nb::sig("def json(self) -> str"));
}

}  // namespace sgpy
