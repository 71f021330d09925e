// streamgauge._sg: the public library (include/streamgauge) for the Python that stands on it. Nothing is computed here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow.h"
#include "job.h"
#include "rows.h"

namespace sgpy {
namespace {

using streamgauge::Measurement;
using streamgauge::Model;
using streamgauge::Prompt;

// Work on what is C++ alone goes on without the interpreter's lock.
constexpr nb::call_guard<nb::gil_scoped_release> kUnlocked;

// Signatures of what the stub cannot see through.
#define SGPY_DICT "dict[str, typing.Any]"
#define SGPY_ROWS "list[" SGPY_DICT "]"
#define SGPY_PROMPTS "collections.abc.Sequence[tuple[str, list[int], str]]"
#define SGPY_RUN "threads: int, isa: str, progress: typing.Optional[collections.abc.Callable[[float], object]]"
#define SGPY_WORDS "collections.abc.Sequence[str]"
#define SGPY_INTS "collections.abc.Sequence[int]"

/// Prompts as Python gives them, (text, ids, category) each; no text when there are ids.
std::vector<Prompt> prompts_of(const nb::list& plain) {
  std::vector<Prompt> prompts;
  for (const nb::handle one : plain) {
    const nb::tuple parts = nb::cast<nb::tuple>(one);
    Prompt prompt;
    prompt.text = nb::cast<std::string>(parts[0]);
    prompt.ids = nb::cast<std::vector<std::int32_t>>(parts[1]);
    const std::string category = nb::cast<std::string>(parts[2]);
    if (!category.empty()) prompt.columns.emplace_back("category", category);
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

std::string category_of(const Prompt& prompt) {
  for (const auto& [name, value] : prompt.columns) {
    if (name == "category") return value;
  }
  return "";
}

streamgauge::LogitPositions positions_of(const std::string& word) {
  if (word == "all") return streamgauge::LogitPositions::kAll;
  if (word == "none") return streamgauge::LogitPositions::kNone;
  if (word == "last") return streamgauge::LogitPositions::kLast;
  throw Failure{{.kind = streamgauge::ErrorKind::kUsage,
                 .what = "unknown positions",
                 .expected = "one of last, all, none",
                 .got = "'" + word + "'"}};
}

struct Run {
  int threads = 0;
  std::string isa;
  streamgauge::RunOptions options() const {
    if (threads < 0) {
      throw Failure{{.kind = streamgauge::ErrorKind::kUsage,
                     .what = "not a number of threads",
                     .expected = "1 or more, or 0 for all",
                     .got = std::to_string(threads)}};
    }
    return {.threads = threads, .isa = isa};
  }
};

streamgauge::MeasureOptions measuring(const std::string& logits, const std::string& lens, double massive,
                                      std::size_t memory, const std::vector<std::string>& sites = {}) {
  if (!(massive > 0)) {
    throw Failure{{.kind = streamgauge::ErrorKind::kUsage,
                   .what = "not a multiple of the median",
                   .expected = "a number above 0",
                   .got = std::to_string(massive)}};
  }
  streamgauge::MeasureOptions how;
  how.logits = positions_of(logits);
  how.lens = positions_of(lens);
  how.massive_multiple = massive;
  how.memory_budget = memory;
  how.sites = sites;
  return how;
}

const streamgauge::SequenceMeasurement& sequence_at(const Measurement& m, std::size_t i) {
  if (i >= m.sequences().size()) throw nb::index_error("no such prompt");
  return m.sequences()[i];
}

Model open_model(const std::string& name) {
  return run_job<Model>({}, nb::none(), [name](const streamgauge::RunOptions&) { return Model::open(name); });
}

Measurement measure(const Model& model, const nb::list& prompts, const std::vector<std::string>& sites,
                    const std::string& logits, const std::string& lens, double massive, std::size_t memory, int threads,
                    const std::string& isa, const nb::object& progress) {
  auto how = measuring(logits, lens, massive, memory, sites);
  return run_job<Measurement>(Run{threads, isa}.options(), progress,
                              [model, how, given = prompts_of(prompts)](const streamgauge::RunOptions& run) mutable {
                                how.run = run;
                                return model.measure(given, how);
                              });
}

std::string compare(const Model& a, const Model& b, const nb::list& prompts, const std::string& logits,
                    std::size_t memory, int threads, const std::string& isa, const nb::object& progress) {
  auto how = measuring(logits, "none", 1000, memory);
  return run_job<std::string>(Run{threads, isa}.options(), progress,
                              [a, b, how, given = prompts_of(prompts)](const streamgauge::RunOptions& run) mutable {
                                how.run = run;
                                return a.compare_json(b, given, how);
                              });
}

/// ({name: float32 (rows x width)}, sequence, position, id of each row)
nb::tuple extract(const Model& model, const nb::list& prompts, const std::vector<std::string>& sites,
                  const std::vector<std::size_t>& layers, bool last_only, const std::vector<std::size_t>& positions,
                  std::size_t memory, int threads, const std::string& isa, const nb::object& progress) {
  streamgauge::ExtractOptions how;
  how.sites = sites;
  how.layers = layers;
  how.last_only = last_only;
  how.positions = positions;
  how.memory_budget = memory;
  using Extraction = streamgauge::Extraction;
  const auto done = std::make_shared<const Extraction>(
      run_job<Extraction>(Run{threads, isa}.options(), progress,
                          [model, how, given = prompts_of(prompts)](const streamgauge::RunOptions& run) mutable {
                            how.run = run;
                            return model.extract(given, how);
                          }));
  nb::dict arrays;
  const nb::capsule owner = owner_of(done);
  for (const Extraction::Place& place : done->places) {
    arrays[place.name.c_str()] =
        nb::ndarray<nb::numpy, const float, nb::ndim<2>>(place.values.data(), {done->rows.size(), done->width}, owner)
            .cast();
  }
  nb::list sequence, position, id;
  for (const Extraction::Row& row : done->rows) {
    sequence.append(row.sequence);
    position.append(row.position);
    id.append(row.id);
  }
  return nb::make_tuple(arrays, sequence, position, id);
}

/// (rows of the matrices, the document)
nb::tuple weights(const Model& model, bool all, const std::vector<std::string>& tensors, bool full,
                  const std::string& amplification, const std::optional<Measurement>& measurement, int threads,
                  const std::string& isa, const nb::object& progress) {
  streamgauge::WeightsOptions how;
  how.all = all;
  how.tensors = tensors;
  how.full_spectrum = full;
  using Report = streamgauge::WeightsReport;
  Report report =
      run_job<Report>(Run{threads, isa}.options(), progress, [model, how](const streamgauge::RunOptions& run) mutable {
        how.run = run;
        return model.weights(how);
      });
  if (measurement) {
    const auto added = streamgauge::amplify(report, amplification, *measurement);
    if (!added.ok()) throw Failure{added.error()};
  }
  return nb::make_tuple(to_python(report.matrices), to_python(streamgauge::weights_json(report)));
}

nb::list suites() {
  nb::list out;
  for (const streamgauge::PromptSuite& suite : streamgauge::suites()) {
    nb::list prompts;
    for (const Prompt& p : suite.prompts) prompts.append(nb::make_tuple(p.text, p.ids, category_of(p)));
    out.append(nb::make_tuple(suite.name, suite.title, prompts));
  }
  return out;
}

nb::list families() {
  nb::list out;
  for (const streamgauge::FamilyFacts& f : streamgauge::families()) {
    out.append(nb::make_tuple(f.name, f.model_types, f.gguf_arch, f.summary));
  }
  return out;
}

/// Lines are (label, x, y).
std::string lines_svg(const std::string& title, const std::string& x_title, const std::string& y_title,
                      const nb::list& lines, bool log_y) {
  streamgauge::LineFigure figure = {
      .title = title, .x_title = x_title, .y_title = y_title, .lines = {}, .log_y = log_y};
  for (const nb::handle one : lines) {
    const nb::tuple parts = nb::cast<nb::tuple>(one);
    figure.lines.push_back({nb::cast<std::string>(parts[0]), nb::cast<std::vector<double>>(parts[1]),
                            nb::cast<std::vector<double>>(parts[2])});
  }
  return streamgauge::line_figure_svg(figure);
}

void raise_failure(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Failure& failure) {
    const streamgauge::Error& e = failure.error;
    const nb::object type = nb::module_::import_("streamgauge._errors").attr("Error");
    const nb::object error = type(to_python(e.message()), to_python(e.what), to_python(e.where), to_python(e.expected),
                                  to_python(e.got), to_python(e.hint), e.exit_code());
    PyErr_SetObject(type.ptr(), error.ptr());
  }
}

void bind_measurement(nb::module_& m) {
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
      .def(
          "gains_json",
          [](const Measurement& self, const std::string& definition) { return value_of(self.gains_json(definition)); },
          kUnlocked)
      .def(
          "json", [](const Measurement& self) { return to_python(self.json()); }, nb::sig("def json(self) -> str"));
}

void bind_model(nb::module_& m) {
  nb::class_<Model>(m, "Model")
      .def_static("open", &open_model)
      .def(
          "facts", [](const Model& self) { return to_python(self.facts()); }, nb::sig("def facts(self) -> " SGPY_DICT))
      .def("notices", [](const Model& self) { return self.notices(); })
      .def(
          "tokenize", [](const Model& self, const std::string& text) { return value_of(self.tokenize(text)); },
          kUnlocked)
      .def(
          "tokenize_json",
          [](const Model& self, const std::vector<std::string>& texts, bool special) {
            return to_python(value_of(self.tokenize_json(texts, special)));
          },
          nb::sig("def tokenize_json(self, texts: " SGPY_WORDS ", special: bool) -> str"))
      .def(
          "inspect_json", [](const Model& self) { return to_python(self.inspect_json()); },
          nb::sig("def inspect_json(self) -> str"))
      .def("measure", &measure, nb::arg("prompts"), nb::arg("sites"), nb::arg("logits"), nb::arg("lens"),
           nb::arg("massive"), nb::arg("memory"), nb::arg("threads"), nb::arg("isa"), nb::arg("progress").none(),
           nb::sig("def measure(self, prompts: " SGPY_PROMPTS ", sites: " SGPY_WORDS
                   ", logits: str, lens: str, massive: float, memory: int, " SGPY_RUN ") -> Measurement"))
      .def("extract", &extract, nb::arg("prompts"), nb::arg("sites"), nb::arg("layers"), nb::arg("last_only"),
           nb::arg("positions"), nb::arg("memory"), nb::arg("threads"), nb::arg("isa"), nb::arg("progress").none(),
           nb::sig("def extract(self, prompts: " SGPY_PROMPTS ", sites: " SGPY_WORDS ", layers: " SGPY_INTS
                   ", last_only: bool, positions: " SGPY_INTS ", memory: int, " SGPY_RUN ") -> tuple[" SGPY_DICT
                   ", list[int], list[int], list[int]]"))
      .def("weights", &weights, nb::arg("all"), nb::arg("tensors"), nb::arg("full"), nb::arg("amplification"),
           nb::arg("measurement").none(), nb::arg("threads"), nb::arg("isa"), nb::arg("progress").none(),
           nb::sig("def weights(self, all: bool, tensors: " SGPY_WORDS
                   ", full: bool, amplification: str, measurement: typing.Optional[Measurement], " SGPY_RUN
                   ") -> tuple[" SGPY_ROWS ", str]"))
      .def("compare_json", &compare, nb::arg("other"), nb::arg("prompts"), nb::arg("logits"), nb::arg("memory"),
           nb::arg("threads"), nb::arg("isa"), nb::arg("progress").none(),
           nb::sig("def compare_json(self, other: Model, prompts: " SGPY_PROMPTS ", logits: str, memory: int, " SGPY_RUN
                   ") -> str"));
}

}  // namespace

NB_MODULE(_sg, m) {
  nb::register_exception_translator(&raise_failure);
  m.def("version", [] { return std::string(streamgauge::version()); });
  m.def("numerics", &streamgauge::numerics);
  m.def("definitions", &streamgauge::definitions);
  m.def("suites", &suites, nb::sig("def suites() -> list[tuple[str, str, list[tuple[str, list[int], str]]]]"));
  m.def("families", &families, nb::sig("def families() -> list[tuple[str, list[str], str, str]]"));
  m.def("lines_svg", &lines_svg,
        nb::sig("def lines_svg(title: str, x_title: str, y_title: str, lines: collections.abc.Sequence[tuple[str, "
                "list[float], list[float]]], log_y: bool) -> str"));
  m.def("arrow_stream", &arrow_stream,
        nb::sig("def arrow_stream(columns: list[tuple[str, list[typing.Any]]]) -> object"));
  bind_measurement(m);
  bind_model(m);
}

}  // namespace sgpy
