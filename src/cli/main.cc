// The program: parses, runs one command, turns its failure into a message and an exit code.
#include <CLI/CLI.hpp>
#include <exception>
#include <new>

#include "cli/common.h"
#include "cli/signals.h"

namespace {

constexpr int kUsageCode = 2;
constexpr int kResourceCode = 4;
constexpr int kBugCode = 70;  // EX_SOFTWARE of sysexits.h: an invariant of the program is broken

int parse_failure(const CLI::App& app, const CLI::ParseError& failure) {
  if (failure.get_exit_code() == 0) return app.exit(failure);  // --help, --version
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const std::string command = at == &app ? "streamgauge" : "streamgauge " + at->get_name();
  sg::Console({}).error(std::string(failure.what()) + "\nTry '" + command + " --help'.");
  return kUsageCode;
}

int run(sg::Program& program) {
  const sg::Console console(program.common);
  const sg::Result<int> done = program.action();
  if (done.ok()) return done.value();
  console.error(done.error().message());
  return done.error().exit_code();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  sg::Program program = {.app = app, .common = {}, .action = {}};
  program.app.description("Measures the residual stream of language models, from one forward pass.");
  program.app.name("streamgauge");
  program.app.set_version_flag("--version", "streamgauge " SG_VERSION);
  program.app.require_subcommand(1);
  program.app.footer("streamgauge COMMAND --help shows the flags and an example of each command.");
  sg::add_inspect(program);
  sg::add_measure(program);
  sg::add_gains(program);
  sg::add_extract(program);
  sg::add_compare(program);
  sg::add_weights(program);
  sg::add_tokenize(program);
  sg::add_run(program);
  sg::add_analyze(program);
  sg::add_report(program);
  sg::add_list(program);
  sg::add_check(program);
  sg::add_doctor(program);
  sg::install_signals();
  try {
    program.app.parse(argc, argv);
    return run(program);
  } catch (const CLI::ParseError& failure) {
    return parse_failure(program.app, failure);
  } catch (const std::bad_alloc&) {
    sg::Console(program.common).error("memory ran out. A smaller --memory makes more passes with less of it");
    return kResourceCode;
  } catch (const std::exception& failure) {
    sg::Console(program.common)
        .error(std::string("this is a fault of the program, please report it: ") + failure.what());
    return kBugCode;
  }
}
