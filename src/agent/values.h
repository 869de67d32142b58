#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "client/api.h"

/// The secrets and variables of an environment, as environment variables of a command. They are
/// neither in a file nor in an argument of a program.
namespace esclusa::agent {

/// The name as the server has it: in capitals.
std::string variable_name(std::string_view name);

/// Why no command gets a variable of that name, as a sentence without a full stop; empty if it may.
/// Refused are names that the agent itself sets, and those known to change which programs are
/// started, what they load or whom they trust. Best effort: programs read variables that no list
/// has. An entry's `variables` is the strict form.
std::string why_no_variable(std::string_view name);

/// `invalid`, with a sentence, if a command cannot get these. The sentence has names, no values.
Result<void> check_values(const client::GivenValues& values);

/// Why the server gives no values, and what to do where that is known, as a sentence without a full
/// stop.
std::string why_not_given(const Error& refusal, const std::string& repository,
                          const std::string& environment);

/// Adds `NAME=value` for each.
void add_to_environment(std::vector<std::string>& environment, const client::GivenValues& values);

/// Lines for a POSIX shell that export each, and then set `whole=1`, which tells them from a part.
std::string export_script(const client::GivenValues& values);

}  // namespace esclusa::agent
