#include "cli/socket_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/output.h"

namespace esclusa::cli {

CLI::App& add_group(CLI::App& app, const char* name, const char* description) {
  auto* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return *group;
}

SocketCommand add_socket_command(CLI::App& group, const char* name, const char* description) {
  auto* app = group.add_subcommand(name, description);
  return {app, add_socket_options(*app)};
}

int ask(const SocketOptions& socket, const std::string& method, const std::string& path,
        const std::string& body, const Show& show) {
  auto answer = socket.connect().call(method, "/esclusa/admin" + path, body);
  if (!answer) return report(answer.error());
  show(answer->body);
  return 0;
}

void show_nothing(const Json&) {}

Show show_table(std::vector<std::string> members) {
  return [members = std::move(members)](const Json& list) {
    std::vector<std::vector<std::string>> rows(1);
    for (const auto& member : members) {
      std::string heading = member;
      std::ranges::transform(heading, heading.begin(), [](unsigned char c) {
        return c == '_' ? ' ' : static_cast<char>(std::toupper(c));
      });
      rows[0].push_back(heading);
    }
    for (const Json& item : list.elements()) {
      auto& row = rows.emplace_back();
      for (const auto& member : members) {
        auto value = item.find(member);
        if (!value || value->is_null())
          row.emplace_back("-");
        else
          row.push_back(value->string().value_or(value->text()));
      }
    }
    print_table(rows);
  };
}

}  // namespace esclusa::cli
