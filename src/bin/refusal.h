#pragma once

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace esclusa {

/// Ends a command whose arguments are not understood, or that asks for help. An unknown command or
/// flag is named with the nearest one. Returns the exit code.
int end_parse(const CLI::App& app, const CLI::ParseError& error);

}  // namespace esclusa
