#pragma once
#include <optional>
#include <span>
#include <string_view>

/// The commands that sshd starts at each session: `keys` and `serve`. They are `esclusa-ssh`, a
/// program that loads only the C library, because its start costs more than all that it does.
namespace esclusa::ssh {

/// Runs `keys TYPE BLOB [--socket PATH]`, `serve --key-id N [--socket PATH]`, `--version` or
/// `--help`. Returns the exit code; 1 with one line on standard error for other words. `again`: the
/// words behind the path of this program that lead to these commands; empty, or they begin with a
/// blank.
int run_door(std::span<char* const> words, std::string_view again);

/// The words behind `esclusa ssh` if they are commands of `esclusa-ssh`. Sshd's settings from
/// before that program was its own name them.
std::optional<std::span<char* const>> former_words(std::span<char* const> arguments);

}  // namespace esclusa::ssh
