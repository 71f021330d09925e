// The program: parses, runs one command, turns its failure into a message and an exit code.
#include <exception>
#include <new>
#include <system_error>

#include "cli/flags.h"
#include "cli/signals.h"
#include "cli/usage_error.h"
#include "io/lost_pages.h"
#include "kernel/kernels.h"
#include "measure/device.h"

namespace {

constexpr int kUsageCode = 2;
constexpr int kResourceCode = 4;
constexpr int kBugCode = 70;  // EX_SOFTWARE of sysexits.h: an invariant of the program is broken

/// The command that was parsed, or the program itself.
const CLI::App& parsed_command(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

int parse_failure(const CLI::App& app, const CLI::ParseError& failure) {
  if (failure.get_exit_code() == 0 && !sg::has_unknown_text(app)) return app.exit(failure);  // --help, --version
  const sg::UsageFault fault = sg::usage_fault(app, failure);
  sg::Console({}).error(fault.text, fault.next);
  return kUsageCode;
}

std::string memory_ran_out(const CLI::App& app) {
  const bool flag = parsed_command(app).get_option_no_throw("--memory") != nullptr;
  return flag ? "memory ran out. A smaller --memory makes more passes with less of it" : "memory ran out";
}

int run(sg::Program& program) {
  const sg::Console console(program.common);
  const auto act = [&program]() -> sg::Result<int> {
    const std::string& isa = program.common.isa;  // a name that there is not is wrong whatever the command computes
    if (!isa.empty()) {
      SG_TRY([[maybe_unused]] const sg::Kernels* known, sg::kernels_for(isa));
    }
    SG_TRY([[maybe_unused]] const sg::DeviceChoice chosen, sg::parse_device(program.common.device));
    return program.action();
  };
  const sg::Result<int> done = act();
  if (done.ok()) return done.value();
  console.error(done.error().message());
  return done.error().exit_code();
}

void add_commands(sg::Program& program) {
  program.app.description("Measures the residual stream of language models, from one forward pass.");
  program.app.name("streamgauge");
  program.app.set_version_flag("-v,--version", "streamgauge " SG_VERSION);
  program.app.require_subcommand(1);
  program.app.footer("streamgauge COMMAND --help, or help COMMAND, shows the flags and an example of a command.");
  sg::add_common_flags(program.app, program.common);
  sg::add_inspect(program);
  sg::add_measure(program);
  sg::add_gains(program);
  sg::add_extract(program);
  sg::add_compare(program);
  sg::add_weights(program);
  sg::add_tokenize(program);
  sg::add_corpus(program);
  sg::add_plan(program);
  sg::add_run(program);
  sg::add_analyze(program);
  sg::add_report(program);
  sg::add_list(program);
  sg::add_check(program);
  sg::add_doctor(program);
  sg::add_pull(program);
  sg::add_login(program);
  sg::add_completion(program);
  sg::add_help(program);
}

int parse_and_run(int argc, char** argv) {
  CLI::App app;
  sg::Program program = {.app = app, .common = {}, .action = {}};
  const auto failed = [&program](int code, const std::string& text) {
    sg::Console(program.common).error(text);
    return code;
  };
  try {
    add_commands(program);
    app.parse(argc, argv);
    return run(program);
  } catch (const CLI::ParseError& failure) {
    return parse_failure(app, failure);
  } catch (const std::bad_alloc&) {
    return failed(kResourceCode, memory_ran_out(app));
  } catch (const std::system_error& failure) {
    if (failure.code() != std::errc::resource_unavailable_try_again) throw;
    return failed(kResourceCode, "the system gives no more threads. --threads 1 asks for fewer");
  }
}

int fault_of_the_program(const char* what) {
  sg::Console({}).error(std::string("this is a fault of the program, please report it: ") + what);
  return kBugCode;
}

}  // namespace

int main(int argc, char** argv) {
  sg::open_standard_descriptors();
  sg::install_signals();
  sg::survive_lost_pages();
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& failure) {
    return fault_of_the_program(failure.what());
  } catch (...) {
    return fault_of_the_program("an exception of an unknown type");
  }
}
