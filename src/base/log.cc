#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "base/limits.h"
#include "base/line_writer.h"
#include "base/log_figures.h"
#include "base/log_form.h"

namespace esclusa::log {
namespace {

std::atomic<Level> lowest_level = Level::info;

std::atomic<Form>& form() {
  static std::atomic<Form> found = find_form(STDERR_FILENO);
  return found;
}

std::string dropped_line(size_t count) {
  return format_line(form(), Level::warning, system_now(),
                     std::to_string(count) + " log lines were dropped", {});
}

std::atomic<LineWriter*> opened = nullptr;

/// It is never destroyed: its thread may use it until the very end of the process.
LineWriter& writer() {
  static LineWriter& made = [] -> LineWriter& {
    opened = new LineWriter(STDERR_FILENO, dropped_line);
    std::atexit([] { flush(); });
    return *opened;
  }();
  return made;
}

}  // namespace

void set_level(Level level) { lowest_level = level; }

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

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < lowest_level) return;
  LineWriter& to = writer();
  try {
    to.push(format_line(form(), level, system_now(), message, {fields.begin(), fields.size()}));
  } catch (const std::bad_alloc&) {
    to.drop();  // the next line says so
  }
}

bool flush() {
  LineWriter* const found = opened;
  return found == nullptr || found->flush(limits::log_flush_time);
}

void follow_stderr() { form() = find_form(STDERR_FILENO); }

bool is_late(Pulse::Clock::time_point now) {
  const LineWriter* const found = opened;
  return found != nullptr && found->is_late(now);
}

uint64_t dropped_count() {
  const LineWriter* const found = opened;
  return found != nullptr ? found->dropped_count() : 0;
}

void write_last_words(std::string_view line) {
  flush();
  ::alarm(1);  // ends the process if the log's thread takes the place for these bytes meanwhile
  write_if_ready(STDERR_FILENO, line, limits::log_flush_time);
  ::alarm(0);
}

}  // namespace esclusa::log
