#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <new>

#include "base/text.h"
#include "base/time.h"

namespace esclusa::log {
namespace {

spdlog::logger& logger() {
  static auto instance = [] {
    auto made = spdlog::stderr_logger_mt("esclusa");
    made->set_pattern("%v");
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

bool set_level(std::string_view name) {
  if (name == "debug")
    set_level(Level::debug);
  else if (name == "info")
    set_level(Level::info);
  else if (name == "warning")
    set_level(Level::warning);
  else if (name == "error")
    set_level(Level::error);
  else
    return false;
  return true;
}

namespace {

void write_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  static constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
  std::string line = "{\"time\":";
  append_json_string(line, format_time(system_now()));
  line += ",\"level\":";
  append_json_string(line, names[static_cast<int>(level)]);
  line += ",\"message\":";
  append_json_string(line, message);
  for (const Field& field : fields) {
    line += ',';
    append_json_string(line, field.name);
    line += ':';
    if (field.is_number)
      line += field.value;
    else
      append_json_string(line, field.value);
  }
  line += '}';
  logger().log(to_spdlog(level), "{}", line);
}

}  // namespace

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  try {
    write_line(level, message, fields);
  } catch (const std::bad_alloc&) {
    // To log that memory has run out must not itself fail for lack of memory.
    constexpr std::string_view text =
        "{\"level\":\"error\",\"message\":\"a line is missing here: no memory for it\"}\n";
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
  }
}

}  // namespace esclusa::log
