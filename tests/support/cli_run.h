#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/commands.h"
#include "http/message.h"
#include "support/http_receiver.h"
#include "support/temp_folder.h"

/// Runs the command line in this process, and captures its output.
namespace esclusa::test {

/// Redirects standard output and standard error to files while it exists.
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

/// A server that gives the same answer to every request, and the command that calls it.
struct AskedServer {
  explicit AskedServer(std::string command, http::Response answer = json(200, "{}"))
      : command(std::move(command)),
        receiver([answer = std::move(answer)](const http::Request&) { return answer; }) {}

  Outcome ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), command);
    arguments.insert(arguments.end(), {"--server", receiver.url(""), "--token-file", token_file});
    return run(std::move(arguments));
  }
  Json sent() { return Json::parse(receiver.requests().back().body).value(); }
  std::string target() {
    const auto request = receiver.requests().back();
    return request.method + " " + request.target;
  }

  std::string command;
  TempFolder folder;
  std::string token_file = folder.write("token", "esc_token\n").string();
  HttpReceiver receiver;
};

}  // namespace esclusa::test
