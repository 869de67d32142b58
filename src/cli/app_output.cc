#include "cli/app_output.h"

#include "base/text.h"
#include "cli/output.h"

namespace esclusa::cli {

std::string text_at(const Json& json, const char* member) {
  return json.string_at(member).value_or("");
}

std::string app_path(const std::string& slug) { return "/apps/" + percent_encode(slug); }

void print_installation(const Json& installation, const std::string& indent) {
  const auto suspended = installation.string_at("suspended_at");
  print_line(indent + "Installation " + std::to_string(installation.integer_at("id").value_or(0)) +
             " at " + text_at(installation, "account") + " (" +
             text_at(installation, "repository_selection") + " repositories, " +
             text_at(installation, "permissions") + ")" +
             (suspended ? ", suspended since " + *suspended : ""));
}

void print_app(const Json& app) {
  print_line(text_at(app, "slug") + ": id " + std::to_string(app.integer_at("id").value_or(0)) +
             ", client id " + text_at(app, "client_id") + ", of " + text_at(app, "owner") + " (" +
             text_at(app, "permissions") + ")");
  const auto keys = app.find("keys");
  for (const Json& key : keys ? keys->elements() : std::vector<Json>{}) {
    print_line("  Key " + std::to_string(key.integer_at("id").value_or(0)) + ", SHA-256 " +
               text_at(key, "fingerprint"));
  }
  const auto installations = app.find("installations");
  for (const Json& one : installations ? installations->elements() : std::vector<Json>{}) {
    print_installation(one, "  ");
  }
}

void print_remains(const Json& remains) {
  const auto hooks = remains.find("hooks")->elements(), keys = remains.find("keys")->elements();
  if (hooks.empty() && keys.empty()) return;
  const std::string bot = text_at(remains, "bot");
  const auto name = [](const char* kind, const Json& one) {
    return std::string("  ") + kind + " " + std::to_string(one.integer_at("id").value_or(0)) +
           " of " + text_at(one, "place") + ": ";
  };
  print_line("What " + bot + " made works on, until somebody removes it:");
  for (const Json& hook : hooks) print_line(name("Webhook", hook) + text_at(hook, "url"));
  for (const Json& key : keys) print_line(name("Deploy key", key) + text_at(key, "title"));
  if (!hooks.empty()) {
    print_line("A webhook is removed by DELETE /repos/OWNER/REPO/hooks/ID or /orgs/ORG/hooks/ID.");
  }
  if (!keys.empty()) print_line("A deploy key is removed by `esclusa key delete OWNER/REPO ID`.");
  print_line("`esclusa user block '" + bot + "'` stops all of it at once.");
}

}  // namespace esclusa::cli
