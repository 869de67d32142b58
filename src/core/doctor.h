#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/finding.h"

/// The judgement of `esclusa doctor`: facts that others have looked up, and what is wrong with
/// them. Pure.
namespace esclusa::core::doctor {

/// A file or folder of the data folder.
struct PathFacts {
  enum class Kind { file, folder, socket };
  std::string path;
  bool is_there = false;
  Kind kind = Kind::file;
  bool is_secret = true;     ///< nobody but its owner may read it
  bool is_shielded = false;  ///< it is in a folder that nobody but its owner may enter
  uint32_t mode = 0;         ///< the permission bits
  uint32_t owner = 0;        ///< a system user
  uint32_t owner_wanted = 0;
  std::string owner_name;
  std::string wanted_name;
};
Findings judge_path(const PathFacts& path);

/// The file system of the data folder.
struct SpaceFacts {
  std::string path;
  int64_t free_bytes = 0;
  int64_t free_inodes = 0;
  int64_t total_inodes = 0;  ///< 0: the file system has no fixed number
  int64_t database_bytes = 0;
};
Findings judge_space(const SpaceFacts& space);

struct ClockFacts {
  Timestamp now{};
  std::optional<Timestamp> latest_row = {};  ///< of the audit log
  /// By how much the wall clock has moved against the boot clock since the server started.
  std::chrono::microseconds moved{};
};
Findings judge_clock(const ClockFacts& clock);

struct HookFacts {
  int64_t id = 0;
  std::string place;                            ///< `ada/shop`, `works` or `app shop`
  std::string url;                              ///< scheme, host and port alone
  bool is_disabled = false;                     ///< by its failures
  std::optional<Timestamp> failing_since = {};  ///< set while its breaker is open
  int64_t dead_count = 0;                       ///< dead letters of the last day
};
Findings judge_hook(const HookFacts& hook, Timestamp now);

/// The agents of one environment.
struct AgentFacts {
  std::string repository;  ///< OWNER/NAME
  std::string environment;
  std::vector<std::string> tokens = {};  ///< `7 (web-1)`
  Timestamp last_seen{};                 ///< the latest use of any of them, or when it was made
  int64_t waiting_count = 0;             ///< deployments that nobody has begun
  std::optional<Timestamp> waiting_since = {};  ///< the oldest of them
};
Findings judge_agents(const AgentFacts& agents, Timestamp now);

struct CertificateFacts {
  std::string certificate_file;
  std::string key_file;
  std::string problem = {};  ///< why it cannot be used: unreadable, or the key is another one's
  std::optional<Timestamp> expires_at = {};
};
Findings judge_certificate(const CertificateFacts& certificate, Timestamp now);

/// The key of a data folder that has a database.
struct KeyFacts {
  enum class State {
    good,
    missing,
    unusable,  ///< it cannot be read, or is no key
    other      ///< the database is of another key
  };
  State state = State::good;
  std::string file;
  std::string problem = {};       ///< why it is unusable
  std::string owner = {};         ///< the system user to whom the file should belong; may be empty
  bool may_be_elsewhere = false;  ///< where the server has its key is not known for sure
};
Findings judge_key(const KeyFacts& key);

/// `newest_first`: when the latest backups were made, at most some ten.
Findings judge_backups(const std::vector<Timestamp>& newest_first, Timestamp now);

/// The latest backup of which the audit log knows, and what would be lost without any.
struct BackupFacts {
  std::optional<Timestamp> made_at = {};
  int64_t missing_repositories = 0;  ///< that it lacks
  std::optional<Timestamp> oldest_deployment = {};
};
Findings judge_latest_backup(const BackupFacts& backup, Timestamp now);

struct RepositoryFacts {
  std::string name;  ///< OWNER/NAME
  std::string path;
  std::string problem = {};     ///< what `repo list` says
  bool hangs = false;           ///< looking at it did not end in time
  bool is_open_to_all = false;  ///< everybody on this machine may write into it
};
Findings judge_repository(const RepositoryFacts& repository);

/// The text with one mark at its end: a full stop, unless it is a question or a call.
std::string sentence(std::string text);
/// `'/var/lib/x y'`: one word of a shell's command.
std::string shell_word(const std::string& text);

/// `5 minutes`, `3 days`: the largest unit that fits, rounded down.
std::string text_of(std::chrono::microseconds duration);

}  // namespace esclusa::core::doctor
