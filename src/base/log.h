#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// The program's log: one JSON object per line on standard error. Any thread. Values are escaped,
/// so that no input can forge a line or move a terminal's cursor.
namespace esclusa::log {

enum class Level { debug, info, warning, error };

struct Field {
  std::string_view name;
  std::string value;
  bool is_number = false;
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

}  // namespace esclusa::log
