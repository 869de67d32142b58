#pragma once
#include <source_location>
#include <stdexcept>
#include <string>

namespace esclusa {

/// A bug in the program. Never thrown because of input; answered with 500 and logged.
struct Bug : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] inline void bug(const std::string& what,
                             std::source_location at = std::source_location::current()) {
  throw Bug(std::string(at.file_name()) + ":" + std::to_string(at.line()) + ": " + what);
}

}  // namespace esclusa

#define ENSURE(condition)                                          \
  do {                                                             \
    if (!(condition)) ::esclusa::bug("check failed: " #condition); \
  } while (false)
