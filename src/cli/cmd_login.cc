// streamgauge login, logout, whoami: the Hub's token, kept where the Python client keeps it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/file_error.h"
#include "base/text_file.h"
#include "base/whole_file.h"
#include "cli/flags.h"
#include "cli/obtaining.h"
#include "hub/settings.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

/// A terminal that does not show what is typed, until this goes.
class Unseen {
 public:
  Unseen() : terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Unseen() {
    if (terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_ = {};
  bool terminal_;
};

Result<std::string> read_token(const HubSettings& settings) {
  std::string line;
  if (::isatty(STDIN_FILENO) == 1) {
    SG_TRY_VOID(write_all(STDERR_FILENO,
                          fmt::format("A token from {}/settings/tokens (it is not shown): ", settings.endpoint),
                          "standard error"));
    const Unseen unseen;
    std::getline(std::cin, line);
    SG_TRY_VOID(write_all(STDERR_FILENO, "\n", "standard error"));
  } else {
    std::getline(std::cin, line);
  }
  const std::optional<std::string> token = cleaned_token(line);
  const bool sound = token && std::ranges::all_of(*token, [](char c) { return c > ' ' && c < 0x7f; });
  if (sound) return *token;
  return usage_error({.what = token ? "a token has no blanks and no letters beyond ASCII" : "no token was given",
                      .hint = "paste it, or send it to standard input: streamgauge login < FILE"});
}

/// Readable by its owner alone from its first moment on; whole or not there.
Result<void> store_token(const std::string& token) {
  const fs::path file = token_file();
  std::error_code failure;
  const bool new_folder = !fs::exists(file.parent_path(), failure);
  fs::create_directories(file.parent_path(), failure);
  if (failure) return file_error("cannot be created", file.parent_path().string(), failure.value());
  if (new_folder) ::chmod(file.parent_path().c_str(), S_IRWXU);
  if (fs::exists(file, failure)) ::chmod(file.c_str(), S_IRUSR | S_IWUSR);  // what replaces it has its mode
  SG_TRY(WholeFile whole, WholeFile::create(write_target(file), S_IRUSR | S_IWUSR));
  SG_TRY_VOID(whole.write(token));
  return whole.finish();
}

void warn_of_variable(const Common& common) {
  const std::optional<std::string> name = token_variable();
  if (name) Console(common).warning(*name + " is set and goes before the stored token");
}

Result<int> log_in(const Common& common) {
  SG_TRY(const std::string token, read_token(hub_settings()));
  SG_TRY(Hub hub, open_hub(common, token));
  SG_TRY(const HubUser user, hub.whoami());
  SG_TRY_VOID(store_token(token));
  warn_of_variable(common);
  SG_TRY_VOID(print(fmt::format("logged in as {}; the token is in {}\n", user.name, token_file().string())));
  return 0;
}

Result<int> log_out(const Common& common) {
  std::error_code failure;
  bool any = false;
  for (const fs::path& file : {token_file(), stored_tokens_file()}) {
    any = fs::remove(file, failure) || any;
    if (failure) return file_error("cannot be removed", file.string(), failure.value());
  }
  if (const auto name = token_variable()) Console(common).warning(*name + " is still set: its token is sent");
  SG_TRY_VOID(print(any ? "logged out: the stored token is removed\n" : "no token was stored\n"));
  return 0;
}

Result<int> who_am_i(const Common& common) {
  SG_TRY(Hub hub, open_hub(common));
  if (!hub.settings().token) {
    return Error{.what = "no token is stored, and none is set", .hint = "streamgauge login stores one"};
  }
  SG_TRY(const HubUser user, hub.whoami());
  std::string text = user.name + "\n";
  if (!user.organisations.empty()) text += fmt::format("organisations  {}\n", fmt::join(user.organisations, ", "));
  if (!user.token_name.empty() || !user.token_role.empty())
    text += fmt::format("token          {} ({})\n", user.token_name, user.token_role);
  text += fmt::format("Hub            {}\n", hub.settings().endpoint);
  SG_TRY_VOID(print(text, {user.name}));
  return 0;
}

}  // namespace

void add_login(Program& program) {
  CLI::App* login = program.app.add_subcommand("login", "store a token for private and gated models of the Hub");
  finish_command(program, *login, "streamgauge login", [&program] { return log_in(program.common); });
  CLI::App* logout = program.app.add_subcommand("logout", "remove the stored token");
  finish_command(program, *logout, "streamgauge logout", [&program] { return log_out(program.common); });
  CLI::App* whoami = program.app.add_subcommand("whoami", "whose token is sent to the Hub");
  finish_command(program, *whoami, "streamgauge whoami", [&program] { return who_am_i(program.common); });
}

}  // namespace sg
