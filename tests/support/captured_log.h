#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/log.h"
#include "support/temp_folder.h"

namespace esclusa::test {

/// What `body` writes to standard error, where the log goes.
inline std::string captured_log(const std::function<void()>& body) {
  TempFolder folder;
  const auto file = folder.write("log", "");
  const int saved = dup(STDERR_FILENO);
  const int target = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const auto redirect = [](int to) {
    while (!log::flush()) {
    }
    REQUIRE(dup2(to, STDERR_FILENO) >= 0);
    log::follow_stderr();
  };
  redirect(target);
  body();
  redirect(saved);
  close(saved);
  close(target);
  return read_file(file);
}

}  // namespace esclusa::test
