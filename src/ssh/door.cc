#include "ssh/door.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ssh/keys.h"
#include "ssh/program.h"
#include "ssh/serve.h"

namespace esclusa::ssh {
namespace {

constexpr std::string_view keys_command = "keys";
constexpr std::string_view serve_command = "serve";

constexpr const char* usage =
    "Usage: esclusa-ssh keys TYPE BLOB [--socket PATH]    for sshd's AuthorizedKeysCommand: %t %k\n"
    "       esclusa-ssh serve --key-id N [--socket PATH]  the forced command of a deploy key\n"
    "\n"
    "sshd and git start this program; `esclusa ssh setup` prints how it is installed.\n";

/// The words of a command: options, each with a value, and the others.
struct Words {
  std::map<std::string_view, std::string_view> options;
  std::vector<std::string_view> others;
};

Result<Words> read_words(std::span<char* const> given) {
  Words words;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string_view word = given[i];
    if (!word.starts_with("--")) {
      words.others.push_back(word);
    } else if (i + 1 == given.size() || !words.options.emplace(word, given[i + 1]).second) {
      return fail(ErrorCode::invalid, std::string(word) + " should be there once, with a value");
    } else {
      ++i;
    }
  }
  return words;
}

/// Takes the value of an option; `nullopt` if it is not there.
std::optional<std::string> take_option(Words& words, std::string_view name) {
  auto node = words.options.extract(name);
  return node ? std::optional(std::string(node.mapped())) : std::nullopt;
}

std::unexpected<Error> wrong_words() {
  return fail(ErrorCode::invalid, "these words are no command: see esclusa-ssh --help");
}

Result<int> run(std::span<char* const> given, std::string_view again) {
  if (given.empty()) return wrong_words();
  const std::string_view command = given.front();
  Words words = TRY(read_words(given.subspan(1)));
  // Only the command line sets it, because sshd may let clients set environment variables.
  const std::string socket = take_option(words, "--socket").value_or(default_socket());
  if (command == keys_command && words.others.size() == 2 && words.options.empty()) {
    return print_key({words.others[0], words.others[1]}, socket, again);
  }
  const auto key_id = parse_positive(take_option(words, "--key-id").value_or(""));
  if (command == serve_command && words.others.empty() && words.options.empty() && key_id) {
    return serve_session(*key_id, socket);
  }
  return wrong_words();
}

}  // namespace

int run_door(std::span<char* const> words, std::string_view again) {
  const std::string_view first = words.size() == 1 ? words.front() : "";
  if (first == "--help" || first == "--version") {
    std::fputs(first == "--help" ? usage : "esclusa-ssh " ESCLUSA_VERSION "\n", stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  try {
    const auto code = run(words, again);
    return code ? *code : report(code.error());
  } catch (const std::exception& exception) {
    report({ErrorCode::internal, exception.what(), {}, {}, {}});
    return 70;
  }
}

std::optional<std::span<char* const>> former_words(std::span<char* const> arguments) {
  if (arguments.size() < 3 || std::string_view(arguments[1]) != "ssh") return std::nullopt;
  const std::string_view command = arguments[2];
  if (command != keys_command && command != serve_command) return std::nullopt;
  return arguments.subspan(2);
}

}  // namespace esclusa::ssh
