#include "bin/doctor.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "app/doctor.h"
#include "base/text.h"
#include "bin/doctor_looks.h"
#include "bin/examination.h"
#include "cli/output.h"
#include "client/api.h"
#include "sql/inspect.h"
#include "sql/table_check.h"
#include "store/repositories.h"
#include "wire/finding.h"
#include "wire/list.h"

namespace esclusa {
namespace {

using namespace std::chrono_literals;

constexpr auto table_time = 10min;  ///< as long as the server works on it
constexpr auto look_time = 5s;      ///< for one repository

struct DoctorOptions {
  std::string config, data, socket;
  bool is_quick = false;
  bool as_json = false;
};

/// What was found, and what runs.
struct Report {
  core::Findings findings = {};
  std::vector<core::Component> components = {};
  bool is_of_server = false;  ///< a running server was asked

  void add(core::Findings more) { std::ranges::move(more, std::back_inserter(findings)); }
  void add_damage(const std::string& where, const std::string& problem) {
    if (problem.empty()) return;
    findings.push_back({"integrity", "The database is damaged in " + where + ": " + problem + ".",
                        "Answers may be wrong, and the damage may grow.",
                        "stop the server, keep a copy of the data folder, and restore a backup"});
  }
};

/// One line on a terminal that says how far it is.
class Progress {
 public:
  void show(size_t number, size_t count, const std::string& what) {
    if (!is_terminal_) return;
    std::fprintf(stderr, "\r\033[KExamining table %zu of %zu: %s", number, count,
                 printable(what).c_str());
    std::fflush(stderr);
  }
  ~Progress() {
    if (is_terminal_) std::fputs("\r\033[K", stderr);
  }

 private:
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
};

client::Api connect(const std::string& socket) {
  return client::Api({.base_url = "http://local",
                      .token = Secret(),
                      .unix_socket = socket,
                      .answer_time = table_time});
}

Result<void> ask_tables(const client::Api& api, Report& report) {
  const auto tables = TRY(api.call("GET", "/esclusa/admin/doctor/tables")).body.elements();
  Progress progress;
  for (size_t i = 0; i < tables.size(); ++i) {
    const std::string name = tables[i].string().value_or("");
    progress.show(i + 1, tables.size(), name);
    const auto answer =
        TRY(api.call("GET", "/esclusa/admin/doctor/tables/" + percent_encode(name)));
    report.add_damage(name, answer.body.string_at("problem").value_or(""));
  }
  return {};
}

/// What a running server says.
Result<void> ask_server(const client::Api& api, const Json& answer, bool is_quick, Report& report) {
  report.is_of_server = true;
  if (const auto findings = answer.find("findings")) {
    for (const Json& each : findings->elements()) {
      report.findings.push_back(wire::read_finding(each));
    }
  }
  if (const auto components = answer.find("components")) {
    for (const Json& each : components->elements()) {
      report.components.push_back(
          {each.string_at("name").value_or(""), each.string_at("version").value_or("")});
    }
  }
  return is_quick ? Result<void>{} : ask_tables(api, report);
}

/// What the files of a server say that does not run, and cannot start meanwhile.
Result<void> examine_files(const ServerSettings& settings, bool is_quick, Report& report) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  report.add(examine_certificate(settings, now));
  std::vector<core::Repository> repositories;
  const std::string database = (settings.data / "esclusa.db").string();
  TRY(sql::inspect_sqlite(database, [&](sql::Reader& db) -> Result<void> {
    report.add(app::examine_rows(db, now));
    repositories = store::list_repositories(db);
    if (is_quick) return {};
    const auto tables = sql::list_tables(db);
    Progress progress;
    for (size_t i = 0; i < tables.size(); ++i) {
      progress.show(i + 1, tables.size(), tables[i]);
      report.add_damage(tables[i], TRY(sql::check_table(db, tables[i])));
    }
    return {};
  }));
  report.add(app::examine_repositories(std::move(repositories), look_time));
  return {};
}

/// The server, or its files if there is none.
Result<void> examine_server(const ServerSettings& settings, const DoctorOptions& options,
                            Report& report) {
  const std::string socket =
      options.socket.empty() ? (settings.data / "run" / "admin.sock").string() : options.socket;
  const auto api = connect(socket);
  const auto answer = api.call("GET", "/esclusa/admin/doctor");
  if (answer) return ask_server(api, answer->body, options.is_quick, report);
  const auto lock = doctor::take_lock(settings.data);
  if (lock.state != doctor::FolderLock::State::taken) {
    report.findings.push_back({"server",
                               "A server uses " + settings.data.string() +
                                   ", but it does not answer: " + answer.error().message + ".",
                               "Nobody can administer it, and it may answer nobody.",
                               "run this as root or as the server's user; journalctl -u esclusa"});
    return {};
  }
  report.findings.push_back({"server", "No server runs on " + settings.data.string() + ".",
                             "Nothing is deployed.", "systemctl start esclusa"});
  report.components = loaded_components();
  const auto examined = examine_files(settings, options.is_quick, report);
  if (!examined) report.add_damage("esclusa.db", examined.error().message);
  return {};
}

Result<Report> examine(const DoctorOptions& options) {
  std::map<std::string, std::string> flags;
  if (!options.data.empty()) flags["data"] = options.data;
  const auto settings = TRY(load_settings(options.config, flags));
  Report report;
  report.add(TRY(doctor::look_at_files(settings)));
  report.add(TRY(doctor::look_at_space(settings.data)));
  TRY(examine_server(settings, options, report));
  std::ranges::move(doctor::installed_programs(), std::back_inserter(report.components));
  doctor::add_packages(report.components);
  for (const auto& component : report.components) report.add(core::judge_component(component));
  if (report.is_of_server) report.add(doctor::look_at_ssh(settings));
  return report;
}

void print_json(const Report& report) {
  JsonWriter json;
  json.begin_object()
      .member("version", ESCLUSA_VERSION)
      .member("known_holes_date", core::known_holes_date)
      .member("server_runs", report.is_of_server)
      .key("findings");
  wire::write_list(json, report.findings, wire::write_finding);
  json.key("components");
  wire::write_list(json, report.components, wire::write_component);
  json.end_object();
  cli::print_line(json.text());
}

void print_text(const Report& report) {
  for (const core::Finding& finding : report.findings) {
    cli::print_line("[" + finding.check + "] " + finding.what);
    cli::print_line("    Why:  " + finding.why);
    cli::print_line("    Type: " + finding.remedy);
  }
  const size_t count = report.findings.size();
  cli::print_line((count == 0 ? "Nothing was found"
                              : std::to_string(count) + (count == 1 ? " finding" : " findings")) +
                  std::string(report.is_of_server ? "" : " (no server was asked)") +
                  ". The table of known holes is of " + std::string(core::known_holes_date) + ".");
}

int run(const DoctorOptions& options) {
  const auto report = examine(options);
  if (!report) {
    cli::report(report.error());
    return 2;
  }
  options.as_json ? print_json(*report) : print_text(*report);
  return report->findings.empty() ? 0 : 1;
}

}  // namespace

void add_doctor(CLI::App& app, cli::Action& action) {
  auto* command =
      app.add_subcommand("doctor", "Examines a server and its machine, and says what to put right");
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("--config", options->config, "TOML file with the server's settings")
      ->envname("ESCLUSA_CONFIG");
  command->add_option("--data", options->data, "The server's data folder [ESCLUSA_DATA]");
  command
      ->add_option("--socket", options->socket,
                   "The running server's admin.sock (run/admin.sock of the data folder)")
      ->envname("ESCLUSA_SOCKET");
  command->add_flag("--quick", options->is_quick, "Leaves out the integrity of the database");
  command->add_flag("--json", options->as_json, "Prints one JSON document");
  command->footer(
      "Exit code 0: nothing was found, 1: something was, 2: it could not look.\n"
      "Run it as root or as the server's user. docs/doctor.md says what is examined.");
  command->callback([=, &action] { action = [=] { return run(*options); }; });
}

}  // namespace esclusa
