#include "bin/doctor.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>

#include "app/doctor.h"
#include "base/text.h"
#include "bin/doctor_looks.h"
#include "bin/examination.h"
#include "cli/output.h"
#include "client/api.h"
#include "core/doctor.h"
#include "sql/inspect.h"
#include "sql/table_check.h"
#include "store/repositories.h"
#include "wire/finding.h"
#include "wire/list.h"

namespace esclusa {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// Where the package has the server's data and settings.
constexpr const char* installed_data = "/var/lib/esclusa";
constexpr const char* installed_config = "/etc/esclusa/esclusa.toml";
constexpr auto first_time = 10s;         ///< a server that has not answered until then hangs
constexpr auto examination_time = 2min;  ///< it may wait 5 s for each of several repositories
constexpr auto table_time = 10min;       ///< as long as the server works on it
constexpr auto look_time = 5s;           ///< for one repository

struct DoctorOptions {
  std::string config, data, socket, key_file;
  bool is_quick = false;
  bool as_json = false;
};

/// What was found, and what runs.
struct Report {
  std::filesystem::path data = {};
  core::Findings findings = {};
  std::vector<core::Component> components = {};
  bool is_of_server = false;  ///< a running server has answered
  bool is_silent = false;     ///< a running server did not answer in time

  void add(core::Findings more) { std::ranges::move(more, std::back_inserter(findings)); }
  void add_damage(const std::string& where, const std::string& problem) {
    if (problem.empty()) return;
    const std::string folder = core::doctor::shell_word(data.string());
    const std::string copy = core::doctor::shell_word(data.string() + ".damaged");
    findings.push_back(
        {"integrity",
         "The database is damaged in " + where + ": " + core::doctor::sentence(problem),
         "Answers may be wrong, and the damage may grow. Stop the server, put the "
         "folder aside, and restore a backup with the key.",
         "systemctl stop esclusa\nmv " + folder + " " + copy + "\nesclusa restore BACKUP --data " +
             folder + " --secret-key-file COPY_OF_THE_KEY"});
  }
  /// The server took too long for an answer, or gave none.
  void add_silence(const std::string& question, const Error& error) {
    is_silent = true;
    findings.push_back(
        {"server",
         "The server does not answer " + question + ": " + core::doctor::sentence(error.message),
         "It may answer nobody, and what else is wrong with it cannot be seen. Its "
         "log may say why; a restart ends what hangs.",
         "journalctl -u esclusa\nsystemctl restart esclusa"});
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

/// The server's answer. `unavailable` if there is none in that time.
Result<Json> ask(const std::string& socket, std::chrono::seconds time, const std::string& path) {
  const client::Api api(
      {.base_url = "http://local", .token = Secret(), .unix_socket = socket, .answer_time = time});
  const auto begin = std::chrono::steady_clock::now();
  auto answer = api.call("GET", path);
  if (answer) return std::move(answer->body);
  if (std::chrono::steady_clock::now() - begin < time) return std::unexpected(answer.error());
  return fail(ErrorCode::unavailable, "it said nothing for " + core::doctor::text_of(time));
}

void ask_tables(const std::string& socket, const std::vector<Json>& tables, Report& report) {
  Progress progress;
  for (size_t i = 0; i < tables.size(); ++i) {
    const std::string name = tables[i].string().value_or("");
    progress.show(i + 1, tables.size(), name);
    const auto answer =
        ask(socket, table_time, "/esclusa/admin/doctor/tables/" + percent_encode(name));
    if (!answer) return report.add_silence("what the table " + name + " has", answer.error());
    report.add_damage(name, answer->string_at("problem").value_or(""));
  }
}

/// What a running server says of itself.
void read_answer(const Json& answer, Report& report) {
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
}

/// Asks the server that has answered the first question, which was for its tables.
void ask_server(const std::string& socket, const std::vector<Json>& tables, bool is_quick,
                Report& report) {
  report.is_of_server = true;
  const auto answer = ask(socket, examination_time, "/esclusa/admin/doctor");
  if (!answer) return report.add_silence("what it finds", answer.error());
  read_answer(*answer, report);
  if (!is_quick) ask_tables(socket, tables, report);
}

/// What the files of a server say that does not run, and cannot start meanwhile.
Result<void> examine_files(const ServerSettings& settings, bool is_quick, Report& report) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  report.add(examine_certificate(settings, now));
  std::vector<core::Repository> repositories;
  const std::string database = (settings.data / "esclusa.db").string();
  KeyLook key = look_at_key(settings, false);
  report.add(std::move(key.findings));
  TRY(sql::inspect_sqlite(database, [&](sql::Reader& db) -> Result<void> {
    report.add(examine_key(settings, key, db));
    report.add(app::examine_rows(db, now));
    report.add(examine_latest_backup(db, now));
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

/// Why nobody answers at the socket of the server that uses the folder.
core::Finding explain_silence(const ServerSettings& settings, const DoctorOptions& options,
                              const std::string& socket, doctor::SocketState state) {
  const std::string folder = core::doctor::shell_word(settings.data.string());
  if (state == doctor::SocketState::closed) {
    return {"server", "This user may not connect to " + socket + ".",
            "Only root and the server's user can ask the server.",
            "sudo esclusa doctor --data " + folder};
  }
  if (!options.socket.empty()) {
    const auto own = settings.data / "run" / "admin.sock";
    return {
        "server", "There is no server at " + socket + ".",
        "The server that uses " + settings.data.string() + " was not asked.",
        "esclusa doctor --data " + folder + " --socket " + core::doctor::shell_word(own.string())};
  }
  return {"server",
          "A server uses " + settings.data.string() + ", but there is none at " + socket + ".",
          "Nobody can administer it until it is restarted.",
          "journalctl -u esclusa\nsystemctl restart esclusa"};
}

/// The server, or its files if there is none.
void examine_server(const ServerSettings& settings, const DoctorOptions& options, Report& report) {
  const std::string socket =
      options.socket.empty() ? (settings.data / "run" / "admin.sock").string() : options.socket;
  const auto answer = ask(socket, first_time, "/esclusa/admin/doctor/tables");
  if (answer) {
    return ask_server(socket, answer->elements(), options.is_quick, report);
  }
  const auto state = doctor::look_at_socket(socket);
  if (state == doctor::SocketState::served) {
    return report.add_silence("the first question", answer.error());
  }
  const auto lock = doctor::take_lock(settings.data);
  if (lock.state != doctor::FolderLock::State::taken) {
    report.findings.push_back(explain_silence(settings, options, socket, state));
    return;
  }
  const std::string at_socket =
      options.socket.empty() ? "" : ", and there is no server at " + socket;
  report.findings.push_back({"server",
                             "No server runs on " + settings.data.string() + at_socket + ".",
                             "Nothing is deployed.", "systemctl start esclusa"});
  report.components = loaded_components();
  const auto examined = examine_files(settings, options.is_quick, report);
  if (!examined) report.add_damage("esclusa.db", examined.error().message);
}

/// The settings that the options name; those of the installed service, if they name none and this
/// user has no server.
Result<ServerSettings> find_settings(const DoctorOptions& options) {
  std::map<std::string, std::string> flags;
  if (!options.data.empty()) flags["data"] = options.data;
  if (!options.key_file.empty()) flags["secret_key_file"] = options.key_file;
  ServerSettings own = TRY(load_settings(options.config, flags));
  const bool is_named =
      !options.config.empty() || !options.data.empty() || std::getenv("ESCLUSA_DATA") != nullptr;
  std::error_code unreadable;
  if (is_named || fs::exists(own.data, unreadable) || !fs::exists(installed_data, unreadable)) {
    return own;
  }
  const bool has_file = fs::exists(installed_config, unreadable);
  ServerSettings installed = TRY(load_settings(has_file ? installed_config : "", flags));
  if (installed.data == own.data) installed.data = installed_data;  // the file has no `data`
  return installed;
}

Result<Report> examine(const DoctorOptions& options) {
  const auto settings = TRY(find_settings(options));
  Report report{.data = settings.data};
  report.add(TRY(doctor::look_at_files(settings)));
  report.add(TRY(doctor::look_at_space(settings.data)));
  examine_server(settings, options, report);
  std::ranges::move(doctor::installed_programs(), std::back_inserter(report.components));
  doctor::add_packages(report.components);
  for (const auto& component : report.components) report.add(core::judge_component(component));
  if (report.is_of_server && !report.is_silent) report.add(doctor::look_at_ssh(settings));
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
    const char* label = "    Type: ";
    for (const std::string_view command : split(finding.remedy, '\n')) {
      cli::print_line(label + std::string(command));
      label = "          ";
    }
  }
  const size_t count = report.findings.size();
  cli::print_line((count == 0 ? "Nothing was found"
                              : std::to_string(count) + (count == 1 ? " finding" : " findings")) +
                  std::string(report.is_of_server ? "" : " (no server has answered)") +
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
  command->add_option("--secret-key-file", options->key_file,
                      "The key of a server that has it outside of its data folder");
  command->add_flag("--quick", options->is_quick, "Leaves out the integrity of the database");
  command->add_flag("--json", options->as_json, "Prints one JSON document");
  command->footer(
      "Exit code 0: nothing was found, 1: something was, 2: it could not look.\n"
      "Run it as root or as the server's user. docs/doctor.md says what is examined.");
  command->callback([=, &action] { action = [=] { return run(*options); }; });
}

}  // namespace esclusa
