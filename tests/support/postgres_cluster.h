#pragma once
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sql/database.h"
#include "support/temp_folder.h"

namespace esclusa::test {

/// A private PostgreSQL cluster for this test binary: in a temporary folder, reachable only through
/// a unix socket in it, without fsync.
///
///   test binary ── pipe ──► watchdog (sh) ──► initdb, then postgres
///
/// The watchdog reads from the pipe, and so notices when the test binary ends for whatever reason;
/// then it ends the server and removes the folder.
class PostgresCluster {
 public:
  /// The only cluster of this test binary, started at the first call. Throws if it does not start.
  static PostgresCluster& instance() {
    static PostgresCluster cluster;
    return cluster;
  }

  /// A connection string for a new, empty schema.
  std::string new_schema() {
    const std::string name = "test_" + std::to_string(++schema_count_);
    auto made = admin_->write([&](sql::Writer& tx) { tx.execute("create schema " + name); });
    if (!made) throw std::runtime_error("PostgreSQL: no new schema: " + made.error().message);
    return conninfo_ + " options='-csearch_path=" + name + "'";
  }

 private:
  static constexpr const char* programs = "/usr/lib/postgresql/15/bin";

  // $1: the folder; $2: the folder of the programs; the rest is the command that switches to an
  // unprivileged user, if needed. TERM ends a server that does not handle signals yet; QUIT ends
  // one that does, immediately.
  static constexpr const char* script = R"sh(
folder=$1; programs=$2; shift 2
"$@" "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C -N \
  >"$folder/log" 2>&1 || exit 1
"$@" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -F \
  -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c jit=off \
  -c wal_level=minimal -c max_wal_senders=0 -c shared_buffers=16MB \
  </dev/null >>"$folder/log" 2>&1 &
server=$!
read -r nothing
kill -TERM "$server"
kill -QUIT "$server"
wait "$server"
rm -rf "$folder"
)sh";

  PostgresCluster() {
    using namespace std::chrono_literals;
    if (access((std::string(programs) + "/postgres").c_str(), X_OK) != 0) {
      throw std::runtime_error(std::string("PostgreSQL 15 is not installed: there is no ") +
                               programs + "/postgres (apt-get install postgresql-15)");
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "esclusa-pg-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
    folder_ = pattern;
    start_watchdog();
    conninfo_ = "host=" + folder_ + " user=postgres dbname=postgres client_encoding=UTF8";
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    for (;;) {
      auto opened = sql::open_postgres(conninfo_, 1);
      if (opened) {
        admin_ = std::move(*opened);
        return;
      }
      const bool gone = waitpid(watchdog_, nullptr, WNOHANG) == watchdog_;
      if (gone || std::chrono::steady_clock::now() > deadline) {
        const std::string log = read_file(folder_ + "/log");
        if (gone)
          std::filesystem::remove_all(folder_);
        else
          end_watchdog();
        throw std::runtime_error("PostgreSQL did not start: " + opened.error().message + log);
      }
      std::this_thread::sleep_for(10ms);
    }
  }

  ~PostgresCluster() {
    admin_.reset();
    end_watchdog();
  }

  void start_watchdog() {
    std::vector<std::string> arguments = {"sh", "-c", script, "sh", folder_, programs};
    if (geteuid() == 0) {
      // PostgreSQL refuses to run as root.
      const passwd* user = getpwnam("postgres");
      if (user == nullptr) throw std::runtime_error("PostgreSQL: there is no user postgres");
      if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("chown " + folder_);
      }
      arguments.insert(arguments.end(),
                       {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"});
    }
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char* environment[] = {path, locale, nullptr};

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A session of its own, so that an interrupt from the terminal does not reach it.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    const int error =
        posix_spawn(&watchdog_, "/bin/sh", &actions, &attributes, argv.data(), environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[0]);
    lifeline_ = ends[1];
    if (error != 0) throw std::runtime_error("PostgreSQL: /bin/sh does not start");
  }

  void end_watchdog() const {
    close(lifeline_);
    waitpid(watchdog_, nullptr, 0);
  }

  std::string folder_;
  std::string conninfo_;
  pid_t watchdog_ = 0;
  int lifeline_ = -1;  ///< when it is closed, the watchdog knows that this process has ended
  std::unique_ptr<sql::Database> admin_;
  std::atomic<int> schema_count_ = 0;
};

}  // namespace esclusa::test
