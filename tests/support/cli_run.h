#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "http/message.h"
#include "support/temp_folder.h"

/// The command line in this process, and what it prints.
namespace esclusa::test {

/// Redirects standard output and standard error into files while it lives.
class Capture {
 public:
  Capture() : out_(1, (folder_ / "out").string()), err_(2, (folder_ / "err").string()) {}
  std::string output() const { return read_file(folder_ / "out"); }
  std::string errors() const { return read_file(folder_ / "err"); }

 private:
  struct Redirection {
    Redirection(int fd, const std::string& file) : fd(fd), kept(dup(fd)) {
      std::fflush(nullptr);
      const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(opened, fd);
      close(opened);
    }
    ~Redirection() {
      std::fflush(nullptr);
      dup2(kept, fd);
      close(kept);
    }
    int fd, kept;
  };
  TempFolder folder_;
  Redirection out_, err_;
};

struct Outcome {
  int code = -1;
  std::string output, errors;
};

/// Runs `esclusa <arguments>`.
inline Outcome run(std::vector<std::string> arguments) {
  CLI::App app("esclusa");
  cli::Action action;
  cli::add_commands(app, action);
  std::ranges::reverse(arguments);
  app.parse(std::move(arguments));
  REQUIRE(action);
  Capture capture;
  const int code = action();
  std::fflush(nullptr);
  return {code, capture.output(), capture.errors()};
}

inline http::Response json(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

}  // namespace esclusa::test
