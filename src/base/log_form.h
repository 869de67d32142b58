#pragma once
#include <span>
#include <string>

#include "base/log.h"
#include "base/time.h"

/// How a line of the log looks. In each form, values are escaped, so that no input can forge a line
/// or move a terminal's cursor.
namespace esclusa::log {

enum class Form {
  json,      ///< `{"time":…,"level":…,"message":…,…}`: for programs
  terminal,  ///< `TIME LEVEL message key=value`: for people
  colour,    ///< the same, with the level in its colour
  journal,   ///< `<PRIORITY>message key=value`: journald adds the time; see sd-daemon(3)
};

/// The form that suits what the descriptor is: a terminal (with colour unless NO_COLOR is set), the
/// stream to journald that JOURNAL_STREAM names, or anything else.
Form find_form(int fd);

/// The line, with its line feed.
std::string format_line(Form form, Level level, Timestamp time, std::string_view message,
                        std::span<const Field> fields);

}  // namespace esclusa::log
