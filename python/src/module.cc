// streamgauge._sg: the public library (include/streamgauge) for the Python that stands on it. Nothing is computed here.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow.h"
#include "bind.h"
#include "inputs.h"
#include "job.h"
#include "rows.h"

namespace sgpy {
namespace {

nb::list suites() {
  nb::list out;
  for (const streamgauge::PromptSuite& suite : streamgauge::suites()) {
    nb::list prompts;
    for (const streamgauge::Prompt& prompt : suite.prompts) prompts.append(plain_prompt(prompt));
    out.append(nb::make_tuple(suite.name, suite.title, prompts));
  }
  return out;
}

/// (prompts, warnings, what was read)
nb::tuple read_prompts(const std::string& file, const std::string& text_key, const std::string& id_key) {
  const streamgauge::PromptFile read = value_of(streamgauge::read_prompts(file, text_key, id_key));
  nb::list prompts;
  for (const streamgauge::Prompt& prompt : read.prompts) prompts.append(plain_prompt(prompt));
  return nb::make_tuple(prompts, to_python(read.warnings), to_python(read.said));
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

}  // namespace

NB_MODULE(_sg, m) {
  nb::register_exception_translator(&raise_failure);
  m.def("version", [] { return std::string(streamgauge::version()); });
  m.def("numerics", &streamgauge::numerics);
  m.def("definitions", &streamgauge::definitions);
  m.def("suites", &suites, nb::sig("def suites() -> list[tuple[str, str, list[" SGPY_PROMPT "]]]"));
  m.def("read_prompts", &read_prompts, nb::arg("file"), nb::arg("text_key"), nb::arg("id_key"),
        nb::sig("def read_prompts(file: str, text_key: str, id_key: str) -> tuple[list[" SGPY_PROMPT
                "], list[str], str]"));
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
