#include "base/log_form.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace esclusa::log {
namespace {

/// What each form calls a level.
struct LevelNames {
  std::string_view json;
  std::string_view terminal;  ///< all of one width
  std::string_view colour;    ///< as an SGR sequence of ECMA-48
  std::string_view priority;  ///< sd-daemon(3)
};

const LevelNames& names_of(Level level) {
  static constexpr LevelNames names[] = {{"debug", "DEBUG", "\x1b[2m", "<7>"},
                                         {"info", "INFO ", "\x1b[32m", "<6>"},
                                         {"warning", "WARN ", "\x1b[33m", "<4>"},
                                         {"error", "ERROR", "\x1b[31m", "<3>"}};
  return names[static_cast<size_t>(level)];
}

/// JOURNAL_STREAM is `DEVICE:INODE` of the stream that systemd has made for this service. A child
/// may have inherited the variable and have another standard error.
bool is_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat found{};
  if (stream == nullptr || fstat(fd, &found) != 0) return false;
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) == stream;
}

void append_json(std::string& line, const LevelNames& names, Timestamp time,
                 std::string_view message, std::span<const Field> fields) {
  line += "{\"time\":";
  append_json_string(line, format_time(time));
  line += ",\"level\":";
  append_json_string(line, names.json);
  line += ",\"message\":";
  append_json_string(line, message);
  for (const Field& field : fields) {
    line += ',';
    append_json_string(line, field.name);
    line += ':';
    append_json_string(line, field.value);
  }
  line += '}';
}

/// Whether people can tell where the value ends without quotes.
bool is_plain(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '=' && c != '\\';
  });
}

/// Escaped as in JSON, without the quotes.
void append_escaped(std::string& line, std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  line += std::string_view(quoted).substr(1, quoted.size() - 2);
}

void append_readable(std::string& line, std::string_view message, std::span<const Field> fields) {
  append_escaped(line, message);
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    is_plain(field.value) ? void(line += field.value) : append_json_string(line, field.value);
  }
}

}  // namespace

Form find_form(int fd) {
  if (isatty(fd) == 1) {
    const char* no_colour = std::getenv("NO_COLOR");
    return no_colour != nullptr && *no_colour != '\0' ? Form::terminal : Form::colour;
  }
  return is_journal(fd) ? Form::journal : Form::json;
}

std::string format_line(Form form, Level level, Timestamp time, std::string_view message,
                        std::span<const Field> fields) {
  const LevelNames& names = names_of(level);
  std::string line;
  switch (form) {
    case Form::json: append_json(line, names, time, message, fields); break;
    case Form::journal:
      line += names.priority;
      append_readable(line, message, fields);
      break;
    case Form::terminal:
    case Form::colour:
      const bool has_colour = form == Form::colour;
      line = format_time(time) + ' ';
      if (has_colour) line += names.colour;
      line += names.terminal;
      if (has_colour) line += "\x1b[0m";
      line += ' ';
      append_readable(line, message, fields);
      break;
  }
  line += '\n';
  return line;
}

}  // namespace esclusa::log
