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

}  // namespace esclusa::cli
