// streamgauge report: a folder's report again, from its store.

#include "cli/flags.h"
#include "cli/outcome.h"
#include "store/sqlite_store.h"

namespace sg {
namespace {

Result<int> run(const std::string& folder, const Common& common) {
  const std::filesystem::path path = folder;
  SG_TRY(const std::unique_ptr<RowStore> store, open_store(path / "store.sqlite", StoreAccess::kRead));
  return present_store(*store, path, common);
}

}  // namespace

void add_report(Program& program) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = program.app.add_subcommand("report", "rebuild results.json, the report and the figures of a run");
  command->add_option("DIR", *folder, "the folder of a run")->required();
  finish_command(program, *command, "streamgauge report results",
                 [folder, &program] { return run(*folder, program.common); });
}

}  // namespace sg
