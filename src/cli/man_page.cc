#include "cli/command_tree.h"

#include <string_view>

#include "report/text/wrap.h"

namespace sg {
namespace {

struct Entry {
  std::string_view name, text;
};
constexpr Entry kExitCodes[] = {
    {"0", "done"},
    {"1", "some of it failed; the rest is there"},
    {"2", "wrong usage: a command, flag, suite, experiment, definition or site that there is not"},
    {"3", "bad input: a file, a configuration, a checkpoint, a prompt"},
    {"4", "a resource ran out: memory, disk, the network, the patience of a server"},
    {"70", "a fault of the program, please report it"},
    {"130", "interrupted"},
};
constexpr Entry kEnvironment[] = {
    {"HF_HOME, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, XDG_CACHE_HOME", "where the cache of the Hugging Face Hub is"},
    {"HF_ENDPOINT", "another Hub, as a mirror"},
    {"HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_STORED_TOKENS_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN",
     "the token, the files of stored ones, whether a stored one is sent"},
    {"HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE", "no network; as --offline"},
    {"HF_HUB_DISABLE_SYMLINKS", "files instead of links in the cache"},
    {"HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT",
     "seconds to connect, and without a byte before a transfer is tried again; 10 each"},
    {"HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "a proxy, and the hosts that are asked without it"},
    {"SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE", "certificates by which the Hub is known"},
    {"HF_HUB_DISABLE_PROGRESS_BARS", "no progress line of downloads"},
    {"STREAMGAUGE_ZOO", "the folder of the pocket zoo"},
    {"SG_FORCE_ISA", "the instruction set, as --isa"},
    {"NO_COLOR, TERM", "no colour when NO_COLOR is not empty, or on a terminal that is dumb"},
    {"SOURCE_DATE_EPOCH", "the time that a chat template is told, in seconds since 1970"},
    {"TMPDIR", "where check makes its models"},
};

/// Text as roff has it: no line may begin with a control character, and a hyphen is a hyphen.
std::string roff(std::string_view text) {
  std::string out;
  bool first = true;
  for (const char c : text) {
    if (first && (c == '.' || c == '\'')) out += "\\&";
    first = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

/// Prose in lines that fit a terminal: the source is read too.
std::string prose(std::string_view text) {
  constexpr std::size_t kColumns = 76;  // four less than a terminal's, for what keeps a line from being a request
  std::string out;
  for (const std::string& line : wrapped(roff(text), kColumns)) {
    const bool request = !out.empty() && (line.starts_with('.') || line.starts_with('\''));
    out += (request ? "\\&" : "") + line + "\n";
  }
  return out;
}

std::string tagged(std::string_view tag, std::string_view text) {
  return ".TP\n.B \"" + roff(tag) + "\"\n" + prose(text);
}

std::string flag_entry(const FlagInfo& flag) {
  const bool both = !flag.argument.empty() && !flag.names.empty();
  std::string tag = both ? flag.argument + ", " + flag.usage() : flag.usage();
  std::string quotes;
  for (const char c : tag) quotes += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return tagged(quotes, flag.help);
}

std::string command_section(const CommandInfo& command) {
  std::string arguments, flags;
  for (const FlagInfo& flag : command.flags) {
    if (!flag.argument.empty()) arguments += " " + (flag.required ? flag.argument : "[" + flag.argument + "]");
    if (!flag.common) flags += flag_entry(flag);
  }
  return ".SS \"" + roff("streamgauge " + command.name + arguments + " [FLAGS]") + "\"\n" + prose(command.help + ".") +
         flags + ".PP\nExample:\n.PP\n.nf\n.RS\n" + roff(command.example) + "\n.RE\n.fi\n";
}

}  // namespace

std::string man_page(const std::vector<CommandInfo>& commands) {
  std::string out =
      ".TH STREAMGAUGE 1 \"2026-11-27\" \"streamgauge " SG_VERSION
      "\" \"User Commands\"\n.SH NAME\n"
      "streamgauge \\- measures the residual stream of language models\n.SH SYNOPSIS\n.B streamgauge\n.I COMMAND\n"
      ".RI [ ARGUMENTS ]...\n.SH DESCRIPTION\n"
      "Reads a checkpoint (safetensors or GGUF), runs one forward pass over the given\n"
      "prompts, and measures the norm of every token at every site of every layer.\n"
      "Weights are streamed from disk layer by layer.\n.PP\n.I MODEL\n"
      "is a folder with config.json and safetensors, a .gguf file, or\n.IR ORG / NAME [@ REV ][: QUANT ]\n"
      "of the Hugging Face Hub, which is fetched when it is not in its cache.\n.SH COMMANDS\n";
  for (const CommandInfo& command : commands) out += command_section(command);
  out += ".SH \"FLAGS OF EVERY COMMAND\"\nThey may stand before the command or after it.\n";
  for (const FlagInfo& flag : commands.front().flags) {
    if (flag.common) out += flag_entry(flag);
  }
  out += ".SH \"EXIT STATUS\"\n";
  for (const auto& [code, text] : kExitCodes) out += tagged(code, text);
  out += ".SH ENVIRONMENT\n";
  for (const auto& [names, text] : kEnvironment) out += tagged(names, text);
  return out;
}

}  // namespace sg
