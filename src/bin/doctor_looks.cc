#include "bin/doctor_looks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <iterator>

#include "base/process.h"
#include "base/system_user.h"
#include "base/text.h"
#include "core/doctor.h"
#include "ssh/check.h"

namespace esclusa::doctor {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot_look(const fs::path& path) {
  const int error = errno;
  const bool is_closed = error == EACCES && geteuid() != 0;
  const std::string advice = is_closed         ? "; run this as root, or as the server's user"
                             : error == ENOENT ? "; say with --data or --config where it is"
                                               : "";
  return fail(ErrorCode::unavailable,
              "cannot look at " + path.string() + ": " + std::strerror(error) + advice);
}

core::doctor::PathFacts::Kind kind_of(const struct stat& about) {
  using enum core::doctor::PathFacts::Kind;
  if (S_ISDIR(about.st_mode)) return folder;
  return S_ISSOCK(about.st_mode) ? socket : file;
}

/// `folder`: the data folder, which may be the file itself.
core::Findings judge_file(const fs::path& path, const struct stat& folder) {
  struct stat about{};
  if (lstat(path.c_str(), &about) != 0) return {};
  const bool is_folder = about.st_ino == folder.st_ino && about.st_dev == folder.st_dev;
  return core::doctor::judge_path({.path = path.string(),
                                   .is_there = true,
                                   .kind = kind_of(about),
                                   .is_shielded = !is_folder && (folder.st_mode & 0011) == 0,
                                   .mode = about.st_mode & 07777,
                                   .owner = about.st_uid,
                                   .owner_wanted = folder.st_uid,
                                   .owner_name = system_user_name(about.st_uid),
                                   .wanted_name = system_user_name(folder.st_uid)});
}

/// The key outside of the data folder, which may belong to anybody whom the server may read it
/// from. With an access control list, as of systemd's credentials, the bits of the group say
/// nothing.
core::Findings judge_external_key(const fs::path& path) {
  struct stat about{};
  if (stat(path.c_str(), &about) != 0 || (about.st_mode & 07) == 0) return {};
  return core::doctor::judge_path({.path = path.string(),
                                   .is_there = true,
                                   .mode = about.st_mode & 07777,
                                   .owner = about.st_uid,
                                   .owner_wanted = about.st_uid,
                                   .owner_name = {},
                                   .wanted_name = {}});
}

/// Whether something is in the folder by which a server would know its own.
bool is_data_folder(const fs::path& data) {
  struct stat about{};
  if (lstat((data / "identity").c_str(), &about) == 0) return true;
  return std::ranges::any_of(
      std::initializer_list<const char*>{"secret.key", "esclusa.db", "esclusa.db-wal"},
      [&](const char* name) {
        return lstat((data / name).c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
               about.st_size > 0;
      });
}

void append(core::Findings& findings, core::Findings more) {
  std::ranges::move(more, std::back_inserter(findings));
}

/// The output of a program, also what it writes on standard error; empty if it cannot be run.
std::string output_of(std::vector<std::string> arguments) {
  ProcessSpec spec;
  spec.arguments = std::move(arguments);
  spec.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                      "LC_ALL=C"};
  std::string output;
  spec.on_output = [&](std::string_view text) { output += text; };
  return run_process(spec) ? output : "";
}

struct Package {
  std::string_view component, name;
};
/// The packages by which Debian's releases have them; a `*` stands for a version in the name.
constexpr Package packages[] = {{"sqlite", "libsqlite3-0"},
                                {"libgit2", "libgit2-*"},
                                {"libcurl", "libcurl4"},
                                {"libcurl", "libcurl4t64"},
                                {"openssl", "libssl3"},
                                {"openssl", "libssl3t64"},
                                {"git", "git"},
                                {"openssh", "openssh-server"}};

bool is_package(const Package& package, std::string_view name) {
  if (!package.name.ends_with('*')) return name == package.name;
  const std::string_view begin = package.name.substr(0, package.name.size() - 1);
  const bool is_library = name.starts_with(begin) && name.size() > begin.size();
  return is_library && name[begin.size()] >= '0' && name[begin.size()] <= '9';
}

}  // namespace

Result<core::Findings> look_at_files(const ServerSettings& settings) {
  struct stat folder{};
  if (stat(settings.data.c_str(), &folder) != 0) return cannot_look(settings.data);
  if (S_ISDIR(folder.st_mode) && access(settings.data.c_str(), R_OK | X_OK) != 0) {
    return cannot_look(settings.data);
  }
  if (!is_data_folder(settings.data)) {
    return fail(ErrorCode::invalid, settings.data.string() + " is not a data folder of Esclusa");
  }
  core::Findings findings = judge_file(settings.data, folder);
  for (const char* name : {"secret.key", "identity", "esclusa.db", "esclusa.db-wal",
                           "esclusa.db-shm", "run", "run/admin.sock", "run/keys.sock"}) {
    append(findings, judge_file(settings.data / name, folder));
  }
  if (!settings.secret_key_file.empty()) {
    append(findings, judge_external_key(settings.secret_key_file));
  }
  return findings;
}

Result<core::Findings> look_at_space(const fs::path& data) {
  struct statvfs space{};
  if (statvfs(data.c_str(), &space) != 0) return cannot_look(data);
  std::error_code error;
  const auto database = fs::file_size(data / "esclusa.db", error);
  return core::doctor::judge_space(
      {.path = data.string(),
       .free_bytes = static_cast<int64_t>(space.f_bavail) * static_cast<int64_t>(space.f_frsize),
       .free_inodes = static_cast<int64_t>(space.f_favail),
       .total_inodes = static_cast<int64_t>(space.f_files),
       .database_bytes = error ? 0 : static_cast<int64_t>(database)});
}

std::string version_in(std::string_view text, std::string_view before) {
  const size_t begin = text.find(before);
  if (begin == text.npos) return {};
  text.remove_prefix(begin + before.size());
  return std::string(text.substr(0, text.find_first_of(" ,\n")));
}

std::vector<core::Component> installed_programs() {
  std::vector<core::Component> programs;
  const std::string git = version_in(output_of({"git", "--version"}), "git version ");
  if (!git.empty()) programs.push_back({"git", git});
  if (access("/usr/sbin/sshd", X_OK) != 0) return programs;
  const std::string ssh = version_in(output_of({"ssh", "-V"}), "OpenSSH_");
  if (!ssh.empty()) programs.push_back({"openssh", ssh});
  return programs;
}

void add_packages(std::vector<core::Component>& components) {
  std::vector<std::string> arguments = {"dpkg-query", "-W", "-f",
                                        "${Package} ${Version} ${db:Status-Status}\\n"};
  for (const Package& package : packages) arguments.emplace_back(package.name);
  add_packages(components, output_of(std::move(arguments)));
}

void add_packages(std::vector<core::Component>& components, std::string_view listed) {
  for (const std::string_view line : split(listed, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 3 || words[2] != "installed") continue;
    for (const Package& package : packages) {
      if (!is_package(package, words[0])) continue;
      for (core::Component& component : components) {
        if (component.name != package.component) continue;
        component.package = words[0];
        component.package_version = words[1];
      }
    }
  }
}

core::Findings look_at_ssh(const ServerSettings& settings) {
  ssh::Installation installation;
  struct stat folder{};
  if (geteuid() != 0 || access(installation.helper.c_str(), F_OK) != 0 ||
      stat(settings.data.c_str(), &folder) != 0) {
    return {};
  }
  installation.user =
      settings.ssh_user.empty() ? system_user_name(folder.st_uid) : settings.ssh_user;
  installation.socket =
      (settings.ssh_socket.empty() ? settings.data / "run" / "keys.sock" : settings.ssh_socket)
          .string();
  core::Findings findings;
  for (const ssh::Finding& finding : ssh::examine_installation(installation, "")) {
    if (finding.is_right) continue;
    std::string_view advice = finding.advice;
    if (constexpr std::string_view as_root = "run this as root; "; advice.starts_with(as_root)) {
      advice.remove_prefix(as_root.size());  // root has run it
    }
    const std::string of_door = " --user " + core::doctor::shell_word(installation.user) +
                                " --socket " + core::doctor::shell_word(installation.socket);
    findings.push_back(
        {"ssh",
         "For git over SSH it should be so, and is not: " + core::doctor::sentence(finding.what),
         "Deploy keys may not work, or open more than they should. To put it right: " +
             core::doctor::sentence(std::string(advice)),
         "esclusa ssh setup" + of_door + "\nesclusa ssh check" + of_door});
  }
  return findings;
}

SocketState look_at_socket(const std::string& path) {
  using enum SocketState;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return absent;
  std::ranges::copy(path, address.sun_path);
  // A server that hangs may have no room for a further connection: it is not waited for.
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return absent;
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {
    return served;
  }
  return errno == EACCES ? closed : absent;
}

FolderLock take_lock(const fs::path& data) {
  using enum FolderLock::State;
  Descriptor lock(::open((data / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!lock) return {errno == ENOENT ? taken : unknown};
  if (flock(lock.get(), LOCK_SH | LOCK_NB) == 0) return {taken, std::move(lock)};
  return {errno == EWOULDBLOCK ? held_by_server : unknown};
}

}  // namespace esclusa::doctor
