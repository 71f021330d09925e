// Model of the public library as Python sees it. Its long calls run as jobs (job.h).
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "inputs.h"
#include "job.h"
#include "rows.h"

namespace sgpy {
namespace {

using streamgauge::Measurement;
using streamgauge::Model;
using streamgauge::RunOptions;
using Words = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

// What the calls that pass over prompts share.
#define SGPY_PASS "prompts: " SGPY_PROMPTS ", texts: " SGPY_TEXTS ", memory: int, device: str, " SGPY_RUN
#define SGPY_PASS_ARGUMENTS                                                                                       \
  nb::arg("prompts"), nb::arg("texts"), nb::arg("memory"), nb::arg("device"), nb::arg("threads"), nb::arg("isa"), \
      nb::arg("progress").none()

streamgauge::MeasureOptions measuring(const nb::tuple& texts, std::size_t memory, const std::string& logits,
                                      double massive = 1000) {
  if (!(massive > 0)) {
    throw Failure{{.kind = streamgauge::ErrorKind::kUsage,
                   .what = "not a multiple of the median",
                   .expected = "a number above 0",
                   .got = std::to_string(massive)}};
  }
  streamgauge::MeasureOptions how;
  how.texts = texts_of(texts);
  how.logits = positions_of(logits);
  how.massive_multiple = massive;
  how.memory_budget = memory;
  return how;
}

Model open_model(const std::string& name, const std::string& embed_scale, const std::string& precision) {
  const streamgauge::EmbedScale scale = scale_of(embed_scale);
  const streamgauge::Precision type = precision_of(precision);
  return run_job<Model>({}, nb::none(),
                        [name, scale, type](const RunOptions&) { return Model::open(name, scale, type); });
}

Measurement measure(const Model& model, const Words& sites, const std::string& logits, const std::string& lens,
                    const Words& targets, bool heads, const Words& writers, double massive, const nb::list& prompts,
                    const nb::tuple& texts, std::size_t memory, const std::string& device, int threads,
                    const std::string& isa, const nb::object& progress) {
  auto how = measuring(texts, memory, logits, massive);
  how.lens = positions_of(lens);
  how.sites = sites;
  how.targets = targets;
  how.heads = heads;
  how.writers = writers;
  return run_job<Measurement>(run_options(threads, isa, device), progress,
                              [model, how, given = prompts_of(prompts)](const RunOptions& run) mutable {
                                how.run = run;
                                return model.measure(given, how);
                              });
}

std::string compare(const Model& a, const std::vector<Model>& others, const std::string& logits, const Words& sites,
                    const Numbers& layers, const std::string& matrices, const nb::list& prompts, const nb::tuple& texts,
                    std::size_t memory, const std::string& device, int threads, const std::string& isa,
                    const nb::object& progress) {
  streamgauge::CompareOptions how;
  how.measure = measuring(texts, memory, logits);
  how.measure.sites = sites;
  how.layers = layers;
  how.matrices = matrices_of(matrices);
  return run_job<std::string>(run_options(threads, isa, device), progress,
                              [a, others, how, given = prompts_of(prompts)](const RunOptions& run) mutable {
                                how.measure.run = run;
                                return a.compare_json(others, given, how);
                              });
}

streamgauge::ExtractOptions extracting(const Words& sites, const Numbers& layers, bool last_only,
                                       const Numbers& positions, const nb::tuple& texts, std::size_t memory) {
  streamgauge::ExtractOptions how;
  how.texts = texts_of(texts);
  how.sites = sites;
  how.layers = layers;
  how.last_only = last_only;
  how.positions = positions;
  how.memory_budget = memory;
  return how;
}

/// ({name: float32 (rows x width)}, sequence, position, id of each row)
nb::tuple extract(const Model& model, const Words& sites, const Numbers& layers, bool last_only,
                  const Numbers& positions, const nb::list& prompts, const nb::tuple& texts, std::size_t memory,
                  const std::string& device, int threads, const std::string& isa, const nb::object& progress) {
  auto how = extracting(sites, layers, last_only, positions, texts, memory);
  using Extraction = streamgauge::Extraction;
  const auto done = std::make_shared<const Extraction>(
      run_job<Extraction>(run_options(threads, isa, device), progress,
                          [model, how, given = prompts_of(prompts)](const RunOptions& run) mutable {
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

/// To a file, for what is larger than the memory.
void extract_to(const Model& model, const std::string& file, const Words& sites, const Numbers& layers, bool last_only,
                const Numbers& positions, const nb::list& prompts, const nb::tuple& texts, std::size_t memory,
                const std::string& device, int threads, const std::string& isa, const nb::object& progress) {
  auto how = extracting(sites, layers, last_only, positions, texts, memory);
  run_job<bool>(run_options(threads, isa, device), progress,
                [model, file, how, given = prompts_of(prompts)](const RunOptions& run) mutable {
                  how.run = run;
                  const streamgauge::Result<void> done = model.extract_to(file, given, how);
                  return done.ok() ? streamgauge::Result<bool>(true) : streamgauge::Result<bool>(done.error());
                });
}

/// (rows of the matrices, the document)
nb::tuple weights(const Model& model, bool all, const Words& tensors, bool full, const std::string& amplification,
                  const std::optional<Measurement>& measurement, int threads, const std::string& isa,
                  const nb::object& progress) {
  streamgauge::WeightsOptions how;
  how.all = all;
  how.tensors = tensors;
  how.full_spectrum = full;
  using Report = streamgauge::WeightsReport;
  Report report = run_job<Report>(run_options(threads, isa), progress, [model, how](const RunOptions& run) mutable {
    how.run = run;
    return model.weights(how);
  });
  if (measurement) {
    const auto added = streamgauge::amplify(report, amplification, *measurement);
    if (!added.ok()) throw Failure{added.error()};
  }
  return nb::make_tuple(to_python(report.matrices), to_python(streamgauge::weights_json(report)));
}

#define SGPY_EXTRACTING "sites: " SGPY_WORDS ", layers: " SGPY_INTS ", last_only: bool, positions: " SGPY_INTS ", "
#define SGPY_EXTRACTING_ARGUMENTS nb::arg("sites"), nb::arg("layers"), nb::arg("last_only"), nb::arg("positions")

void bind_calls(nb::class_<Model>& model) {
  model
      .def("measure", &measure, nb::arg("sites"), nb::arg("logits"), nb::arg("lens"), nb::arg("targets"),
           nb::arg("heads"), nb::arg("writers"), nb::arg("massive"), SGPY_PASS_ARGUMENTS,
           nb::sig("def measure(self, sites: " SGPY_WORDS ", logits: str, lens: str, targets: " SGPY_WORDS
                   ", heads: bool, writers: " SGPY_WORDS ", massive: float, " SGPY_PASS ") -> Measurement"))
      .def("extract", &extract, SGPY_EXTRACTING_ARGUMENTS, SGPY_PASS_ARGUMENTS,
           nb::sig("def extract(self, " SGPY_EXTRACTING SGPY_PASS ") -> tuple[" SGPY_DICT
                   ", list[int], list[int], list[int]]"))
      .def("extract_to", &extract_to, nb::arg("file"), SGPY_EXTRACTING_ARGUMENTS, SGPY_PASS_ARGUMENTS,
           nb::sig("def extract_to(self, file: str, " SGPY_EXTRACTING SGPY_PASS ") -> None"))
      .def("weights", &weights, nb::arg("all"), nb::arg("tensors"), nb::arg("full"), nb::arg("amplification"),
           nb::arg("measurement").none(), nb::arg("threads"), nb::arg("isa"), nb::arg("progress").none(),
           nb::sig("def weights(self, all: bool, tensors: " SGPY_WORDS
                   ", full: bool, amplification: str, measurement: typing.Optional[Measurement], " SGPY_RUN
                   ") -> tuple[" SGPY_ROWS ", str]"))
      .def("compare_json", &compare, nb::arg("others"), nb::arg("logits"), nb::arg("sites"), nb::arg("layers"),
           nb::arg("matrices"), SGPY_PASS_ARGUMENTS,
           nb::sig("def compare_json(self, others: collections.abc.Sequence[Model], logits: str, sites: " SGPY_WORDS
                   ", layers: " SGPY_INTS ", matrices: str, " SGPY_PASS ") -> str"));
}

}  // namespace

void bind_model(nb::module_& m) {
  nb::class_<Model> model(m, "Model");
  model.def_static("open", &open_model, nb::arg("name"), nb::arg("embed_scale"), nb::arg("precision"))
      .def(
          "facts", [](const Model& self) { return to_python(self.facts()); }, nb::sig("def facts(self) -> " SGPY_DICT))
      .def("notices", [](const Model& self) { return self.notices(); })
      .def(
          "tokenize", [](const Model& self, const std::string& text) { return value_of(self.tokenize(text)); },
          kUnlocked)
      .def(
          "tokenize_json",
          [](const Model& self, const Words& texts, const std::string& special) {
            return to_python(value_of(self.tokenize_json(texts, special_of(special))));
          },
          nb::sig("def tokenize_json(self, texts: " SGPY_WORDS ", special: str) -> str"))
      .def(
          "inspect_json", [](const Model& self) { return to_python(self.inspect_json()); },
          nb::sig("def inspect_json(self) -> str"));
  bind_calls(model);
}

}  // namespace sgpy
