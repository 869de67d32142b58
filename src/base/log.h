#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/pulse.h"

/// The program's log on standard error, a line for each thing: a JSON object, or readable text on a
/// terminal and in systemd's journal (base/log_form.h). Any thread, and none waits for a reader of
/// the log: a thread of its own writes the lines (base/line_writer.h). The end of the process gives
/// it a short time to write the last ones.
namespace esclusa::log {

enum class Level { debug, info, warning, error };

struct Field {
  std::string_view name;
  std::string value;
  Field(std::string_view key, std::string text) : name(key), value(std::move(text)) {}
  Field(std::string_view key, std::string_view text) : name(key), value(text) {}
  Field(std::string_view key, const char* text) : name(key), value(text) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  Field(std::string_view key, Number number) : name(key), value(std::to_string(number)) {}
};

/// Lines below `level` are dropped. The default is info.
void set_level(Level level);
/// debug, info, warning or error; false for anything else.
bool set_level(std::string_view name);

void write(Level level, std::string_view message, std::initializer_list<Field> fields);

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}

/// Waits a short time until all lines of before are written; whether they are.
bool flush();
/// For who puts another file in the place of standard error: looks anew which form suits it.
/// `flush` before that, so that no line goes astray.
void follow_stderr();
/// Whether the thread that writes the log hangs. While nobody reads the log it does not: it waits.
bool is_late(Pulse::Clock::time_point now);
/// The line with which the process ends by a fault. Allocates nothing, and does not wait for long.
void write_last_words(std::string_view line);

}  // namespace esclusa::log
