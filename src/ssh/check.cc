#include "ssh/check.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/process.h"
#include "base/text.h"
#include "client/ssh_door.h"
#include "ssh/program.h"

namespace esclusa::ssh {
namespace {

namespace fs = std::filesystem;
using Settings = std::multimap<std::string, std::string>;
using Findings = std::vector<Finding>;

constexpr const char* sshd_program = "/usr/sbin/sshd";
constexpr int first_clients = 200;  // clients that MaxStartups must allow to begin at once

std::string joined(const Settings& settings, const std::string& name) {
  std::vector<std::string> values;
  const auto [begin, end] = settings.equal_range(name);
  for (auto at = begin; at != end; ++at) values.push_back(at->second);
  std::ranges::sort(values);
  return join(values, " ");
}

/// Reads the first number of `start:rate:full`: the number of clients at which sshd begins to
/// refuse new ones.
int first_number(const std::string& text) {
  return static_cast<int>(parse_positive(text.substr(0, text.find(':'))).value_or(0));
}

/// Besides what git needs, clients may set only the locale; Debian's default settings allow that.
bool is_accepted_environment(const std::string& values) {
  bool has_protocol = false;
  for (std::string_view name : split(values, ' ')) {
    has_protocol = has_protocol || name == "GIT_PROTOCOL";
    if (name != "GIT_PROTOCOL" && name != "LANG" && name != "LC_*") return false;
  }
  return has_protocol;
}

// ------------------------------------------------------------------ sshd

Finding find_sshd_settings(const Installation& installation, const std::string& config,
                           Settings& settings) {
  ProcessSpec spec;
  spec.arguments = {sshd_program, "-T", "-C",
                    "user=" + installation.user + ",host=localhost,addr=127.0.0.1"};
  if (!config.empty()) spec.arguments.insert(spec.arguments.end(), {"-f", config});
  spec.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  std::string output, errors;
  spec.on_output = [&](std::string_view text) { output += text; };
  spec.on_error_output = [&](std::string_view text) { errors += text; };
  const auto outcome = run_process(spec);
  Finding finding{"sshd reads its settings", outcome && outcome->succeeded(),
                  "run this as root; sshd says: " + std::string(trim(errors))};
  if (!outcome) finding.advice = "install openssh-server";
  if (finding.is_right) settings = read_sshd_settings(output);
  return finding;
}

// ------------------------------------------------------------------ files

/// Why others than root can change the file or a folder above it; `nullopt` if only root can.
std::optional<std::string> find_weak_place(const fs::path& path) {
  for (fs::path place = path;; place = place.parent_path()) {
    struct stat info{};
    if (stat(place.c_str(), &info) != 0) return place.string() + " is not there";
    if (info.st_uid != 0) return place.string() + " is not root's";
    if ((info.st_mode & 022) != 0) return place.string() + " can be written by others than root";
    if (place == place.root_path()) return std::nullopt;
  }
}

/// Whether the program there is esclusa-ssh, and not esclusa, which was sshd's helper before.
bool is_door_program(const std::string& path) {
  ProcessSpec spec;
  spec.arguments = {path, "--version"};
  std::string output;
  spec.on_output = [&](std::string_view text) { output += text; };
  spec.on_error_output = [](std::string_view) {};
  const auto outcome = run_process(spec);
  return outcome && outcome->succeeded() && output.starts_with("esclusa-ssh ");
}

Findings judge_helper(const Installation& installation) {
  const std::string& helper = installation.helper;
  const auto weak = find_weak_place(helper);
  const std::string advice = "install it as `esclusa ssh setup` says";
  Findings findings = {{helper + " belongs to root, with all folders above it", !weak,
                        weak.value_or("") + "; " + advice}};
  // A program that others may have replaced is not run as root.
  if (!weak) findings.push_back({helper + " is esclusa-ssh", is_door_program(helper), advice});
  return findings;
}

Findings judge_user(const Installation& installation) {
  const passwd* user = getpwnam(installation.user.c_str());
  Findings findings = {{"there is the system user " + installation.user, user != nullptr,
                        "useradd --system --create-home --shell /bin/sh " + installation.user}};
  if (user == nullptr) return findings;
  const std::string shell = user->pw_shell;
  findings.push_back(
      {"its shell starts commands", !shell.ends_with("nologin") && !shell.ends_with("false"),
       "sshd runs the forced command by it: usermod --shell /bin/sh " + installation.user});
  for (const char* name : {"authorized_keys", "authorized_keys2", "rc", "environment"}) {
    const fs::path file = fs::path(user->pw_dir) / ".ssh" / name;
    std::error_code error;
    findings.push_back({file.string() + " is not there", !fs::exists(file, error),
                        "remove it: it opens the door past the deploy keys"});
  }
  return findings;
}

// ------------------------------------------------------------------ the socket

/// Asks about a key that nobody has: a running server answers that it does not know the key.
bool answers(const std::string& socket) {
  const auto key = client::SshDoor(socket).find_key(
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  return key || key.error().code == ErrorCode::not_found;
}

/// Asks as the installation's user, in a child process, if this process may become that user.
bool answers_user(const Installation& installation) {
  const passwd* user = getpwnam(installation.user.c_str());
  if (user == nullptr || geteuid() != 0) return answers(installation.socket);
  const pid_t child = fork();
  if (child == 0) {
    const bool became = initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
                        setuid(user->pw_uid) == 0;
    _exit(became && answers(installation.socket) ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

Findings judge_socket(const Installation& installation) {
  const bool is_there = answers(installation.socket);
  Findings findings = {{"the server answers at " + installation.socket, is_there,
                        "start `esclusa serve`, or say with --socket where its keys.sock is"}};
  if (!is_there) return findings;
  findings.push_back({"it answers " + installation.user, answers_user(installation),
                      "run the server as this user, or set ssh.user and ssh.socket (docs/ssh.md)"});
  return findings;
}

void append(Findings& findings, Findings more) {
  std::ranges::move(more, std::back_inserter(findings));
}

}  // namespace

Settings read_sshd_settings(std::string_view text) {
  Settings settings;
  for (std::string_view line : split(text, '\n')) {
    const size_t blank = line.find(' ');
    if (blank == line.npos) continue;
    settings.emplace(ascii_lower(line.substr(0, blank)), trim(line.substr(blank + 1)));
  }
  return settings;
}

Findings judge_sshd_settings(const Settings& settings, const Installation& installation) {
  Findings findings;
  for (const SshdSetting& setting : user_settings(installation)) {
    const std::string found = joined(settings, ascii_lower(setting.name));
    bool is_right = equal_ignoring_case(found, setting.value);
    // Stricter values are right as well.
    if (setting.name == "AcceptEnv") is_right = is_accepted_environment(found);
    if (setting.name == "MaxSessions" || setting.name == "MaxAuthTries") {
      is_right = first_number(found) >= 1 && first_number(found) <= 10;
    }
    findings.push_back({setting.name + " " + setting.value, is_right,
                        "it is \"" + found + "\"; set it below Match User " + installation.user});
  }
  const std::string environment = joined(settings, "permituserenvironment");
  findings.push_back({"PermitUserEnvironment no", environment == "no",
                      "it is \"" + environment + "\"; set it, outside of any Match"});
  const std::string allowed = joined(settings, "maxstartups");
  findings.push_back(
      {"MaxStartups lets " + std::to_string(first_clients) + " clients begin at once",
       first_number(allowed) >= first_clients,
       "it is \"" + allowed + "\"; set MaxStartups " + std::to_string(startups) +
           ":30:" + std::to_string(2 * startups) + ", outside of any Match"});
  return findings;
}

Findings examine_installation(const Installation& given, const std::string& sshd_config) {
  const Installation installation = with_socket(given);
  Settings settings;
  Findings findings = {find_sshd_settings(installation, sshd_config, settings)};
  if (findings.front().is_right) append(findings, judge_sshd_settings(settings, installation));
  append(findings, judge_helper(installation));
  findings.push_back({"/usr/bin/git is there", access("/usr/bin/git", X_OK) == 0, "install git"});
  append(findings, judge_user(installation));
  append(findings, judge_socket(installation));
  return findings;
}

int check_installation(const Installation& installation, const std::string& sshd_config) {
  const Findings findings = examine_installation(installation, sshd_config);
  for (const Finding& finding : findings) {
    const std::string line = finding.is_right
                                 ? "ok     " + finding.what
                                 : "WRONG  " + finding.what + "\n       " + finding.advice;
    std::printf("%s\n", printable(line).c_str());
  }
  const auto wrong = std::ranges::count(findings, false, &Finding::is_right);
  std::printf("%s\n",
              wrong == 0 ? "All is well." : (std::to_string(wrong) + " to put right.").c_str());
  return wrong == 0 ? 0 : 1;
}

}  // namespace esclusa::ssh
