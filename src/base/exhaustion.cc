#include "base/exhaustion.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <system_error>

#include "base/log.h"

namespace esclusa {
namespace {

constexpr int exhausted_code = 70;

/// Copies a text into a buffer of fixed size; what JSON would have to escape, and all but ASCII,
/// becomes `?`.
template <size_t Size>
void copy_plain(char (&to)[Size], const char* from) {
  size_t i = 0;
  for (; i + 1 < Size && from[i] != '\0'; ++i) {
    const bool plain = from[i] >= ' ' && from[i] <= '~' && from[i] != '"' && from[i] != '\\';
    to[i] = plain ? from[i] : '?';
  }
  to[i] = '\0';
}

/// Must not allocate: memory may be exhausted.
[[noreturn]] void end_process() {
  bool exhausted = false;
  char error[200] = "terminate was called";
  if (const auto current = std::current_exception()) {
    try {
      std::rethrow_exception(current);
    } catch (const std::exception& exception) {
      exhausted = is_exhaustion(exception);
      copy_plain(error, exception.what());
    } catch (...) {
      copy_plain(error, "an exception of an unknown type");
    }
  }
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char at[32] = "";
  if (gmtime_r(&now, &parts) != nullptr) std::strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts);
  char line[512];
  const int size = std::snprintf(
      line, sizeof line,
      "{\"time\":\"%s\",\"level\":\"error\",\"message\":\"%s\",\"error\":\"%s\"}\n", at,
      exhausted ? "the process ends: the machine gives it no more memory, threads or "
                  "descriptors"
                : "the process ends: an exception was not handled",
      error);
  log::write_last_words({line, static_cast<size_t>(size)});
  if (exhausted) ::_exit(exhausted_code);  // not exit(): it destroys what other threads still use
  std::abort();
}

}  // namespace

bool is_exhaustion(const std::exception& exception) {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return true;
  const auto* system = dynamic_cast<const std::system_error*>(&exception);
  if (system == nullptr) return false;
  return system->code() == std::errc::not_enough_memory ||
         system->code() == std::errc::resource_unavailable_try_again ||
         system->code() == std::errc::too_many_files_open ||
         system->code() == std::errc::too_many_files_open_in_system;
}

void log_last_words() { std::set_terminate(end_process); }

}  // namespace esclusa
