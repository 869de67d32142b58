#include "core/doctor.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace esclusa::core::doctor {
namespace {

using namespace std::chrono_literals;

constexpr int64_t mebibyte = 1024 * 1024;
constexpr int64_t least_free_bytes = 256 * mebibyte;
constexpr int64_t least_free_inodes = 1000;
constexpr auto clock_tolerance = 5min;
constexpr auto agent_patience = 10min;
constexpr auto certificate_notice = std::chrono::days(21);
constexpr const char* backup_command = "esclusa backup FOLDER --keep 14";

std::string octal(uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode & 07777);
  return text;
}

std::string in_mebibytes(int64_t bytes) { return std::to_string(bytes / mebibyte) + " MiB"; }

/// What others than its owner can do, by the mode.
std::string rights_of_others(const PathFacts& path) {
  using enum PathFacts::Kind;
  const bool can_read = (path.mode & 0044) != 0 && path.kind != socket;
  const bool can_write = (path.mode & 0022) != 0;
  if (path.kind == socket) return can_write ? "connect to it" : "";
  if (path.kind == folder) {
    if (can_read && can_write) return "see and change what is in it";
    if (can_write) return "change what is in it";
    return can_read ? "see what is in it" : "enter it";
  }
  if (can_read && can_write) return "read and change it";
  if (can_write) return "change it";
  return can_read ? "read it" : "";
}

std::string why_mode_matters(const PathFacts& path) {
  const std::string rights = rights_of_others(path);
  if (rights.empty()) return "It is only the server's, and nobody else needs any right to it.";
  const bool is_of_all = (path.mode & 0007) != 0;
  const std::string who = is_of_all ? "Other users of this machine" : "Users of its group";
  if (!path.is_shielded) return who + " can " + rights + ".";
  return who + " could " + rights + " if the folder above did not keep them out.";
}

}  // namespace

std::string sentence(std::string text) {
  while (!text.empty() && std::string_view(" .\n").contains(text.back())) text.pop_back();
  const bool has_mark = text.ends_with('?') || text.ends_with('!');
  return has_mark ? text : text + ".";
}

std::string shell_word(const std::string& text) {
  const bool is_plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-:@").contains(static_cast<char>(c));
  });
  if (is_plain) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string text_of(std::chrono::microseconds duration) {
  struct Unit {
    std::chrono::microseconds length;
    const char* name;
  };
  constexpr Unit units[] = {{24h, "day"}, {1h, "hour"}, {1min, "minute"}, {1s, "second"}};
  duration = std::chrono::abs(duration);
  for (const Unit& unit : units) {
    const int64_t count = duration / unit.length;
    if (count == 0 && unit.length > 1s) continue;
    return std::to_string(count) + " " + unit.name + (count == 1 ? "" : "s");
  }
  return {};
}

Findings judge_path(const PathFacts& path) {
  if (!path.is_there) return {};
  Findings findings;
  constexpr uint32_t of_others = 0077, writable_by_others = 0022;
  const bool is_open = (path.mode & (path.is_secret ? of_others : writable_by_others)) != 0;
  if (is_open) {
    findings.push_back(
        {"permissions", path.path + " has the mode " + octal(path.mode) + ".",
         why_mode_matters(path),
         "chmod " + std::string(path.is_secret ? "go-rwx " : "go-w ") + shell_word(path.path)});
  }
  if (path.owner != path.owner_wanted) {
    findings.push_back(
        {"permissions",
         path.path + " belongs to " + path.owner_name + ", and the data folder to " +
             path.wanted_name + ".",
         "The server may be unable to use it, and " + path.owner_name + " can change it.",
         "chown " + shell_word(path.wanted_name) + " " + shell_word(path.path)});
  }
  return findings;
}

Findings judge_key(const KeyFacts& key) {
  using enum KeyFacts::State;
  std::string what;
  if (key.state == good) return {};
  if (key.state == missing) what = "The key " + key.file + " is not there.";
  if (key.state == unusable)
    what = "The key " + key.file + " cannot be used: " + sentence(key.problem);
  if (key.state == other) what = key.file + " has another key than the database.";
  return {{"key", what,
           std::string("The server refuses a data folder without the key of its database, at the "
                       "latest at its next start. Put the key back from where you keep it") +
               (key.may_be_elsewhere ? "; if the server has it elsewhere, name that file by "
                                       "--secret-key-file."
                                     : "."),
           "install -m 0600 " + (key.owner.empty() ? "" : "-o " + shell_word(key.owner) + " ") +
               "COPY_OF_THE_KEY " + shell_word(key.file)}};
}

Findings judge_space(const SpaceFacts& space) {
  Findings findings;
  const int64_t wanted = std::max(least_free_bytes, space.database_bytes);
  if (space.free_bytes < wanted) {
    findings.push_back(
        {"disk",
         in_mebibytes(space.free_bytes) + " are free where " + space.path +
             " is; the database has " + in_mebibytes(space.database_bytes) + ".",
         "A full disk refuses every change, and an upgrade or a copy of the database needs as much "
         "as it has. Make " +
             in_mebibytes(wanted) + " free there.",
         "df -h " + shell_word(space.path)});
  }
  if (space.total_inodes > 0 && space.free_inodes < least_free_inodes) {
    findings.push_back(
        {"disk",
         std::to_string(space.free_inodes) + " more files can be made where " + space.path + " is.",
         "Git makes a file for each object and each ref. Remove files there.",
         "df -i " + shell_word(space.path)});
  }
  return findings;
}

Findings judge_clock(const ClockFacts& clock) {
  Findings findings;
  const std::string look = "timedatectl status";
  if (clock.latest_row && *clock.latest_row > clock.now + clock_tolerance) {
    findings.push_back(
        {"clock",
         "A row of the audit log is " + text_of(*clock.latest_row - clock.now) + " in the future.",
         "The clock was set back. Tokens expire later than they should, and times "
         "in the log are not in order.",
         look});
  }
  if (std::chrono::abs(clock.moved) > clock_tolerance) {
    findings.push_back({"clock",
                        "The clock was set " +
                            std::string(clock.moved.count() < 0 ? "back" : "forward") + " by " +
                            text_of(clock.moved) + " since the server started.",
                        "Times before and after it cannot be compared.", look});
  }
  return findings;
}

Findings judge_hook(const HookFacts& hook, Timestamp now) {
  Findings findings;
  const std::string name =
      "The webhook " + std::to_string(hook.id) + " of " + hook.place + " (" + hook.url + ")";
  // No command lists the deliveries of an app's webhook: only the app itself may.
  const bool is_of_app = hook.place.starts_with("app ");
  const std::string target = shell_word(hook.place) + " " + std::to_string(hook.id);
  const auto look = [&](const char* state) {
    return is_of_app ? "curl -i " + shell_word(hook.url)
                     : "esclusa hook deliveries " + target + " --state " + state;
  };
  if (hook.is_disabled) {
    findings.push_back({"hooks", name + " was switched off because it failed for too long.",
                        "Its events are held, and reach nobody until it is switched on again "
                        "(PATCH of the webhook with `active`: true).",
                        look("held")});
  } else if (hook.failing_since) {
    findings.push_back({"hooks",
                        name + " has failed for " + text_of(now - *hook.failing_since) + ".",
                        "Its events wait, and are tried one at a time.", look("pending")});
  }
  if (hook.dead_count > 0) {
    const bool is_one = hook.dead_count == 1;
    findings.push_back(
        {"hooks",
         name + " has " + std::to_string(hook.dead_count) +
             (is_one ? " dead letter" : " dead letters") + " of the last day.",
         std::string(is_one ? "It is" : "They are") + " not tried again " +
             (is_of_app ? "unless the app asks for it (POST /app/hook/deliveries/ID/attempts)."
                        : "unless somebody asks for it."),
         look("dead") + (is_of_app ? "" : "\nesclusa hook replay " + target)});
  }
  return findings;
}

Findings judge_agents(const AgentFacts& agents, Timestamp now) {
  if (agents.waiting_count == 0 || !agents.waiting_since) return {};
  const bool is_recent =
      now - agents.last_seen < agent_patience || now - *agents.waiting_since < agent_patience;
  if (is_recent) return {};
  const bool is_one = agents.waiting_count == 1;
  return {{"agents",
           std::to_string(agents.waiting_count) +
               (is_one ? " deployment of " : " deployments of ") + agents.environment + " in " +
               agents.repository + (is_one ? " waits" : " wait") + ", the oldest for " +
               text_of(now - *agents.waiting_since) + ", and its agents were last heard " +
               text_of(now - agents.last_seen) + " ago (tokens: " + join(agents.tokens, ", ") +
               ").",
           "Nothing is deployed there. See on the agents' machines whether they run.",
           "esclusa agent tokens " + shell_word(agents.repository)}};
}

Findings judge_certificate(const CertificateFacts& certificate, Timestamp now) {
  // The server reads both files again at SIGHUP.
  const std::string look =
      "openssl x509 -noout -subject -dates -in " + shell_word(certificate.certificate_file);
  const std::string reload = "\nsystemctl kill --kill-whom=main --signal=SIGHUP esclusa";
  const std::string renew = " Renew it, then let the server read it.";
  if (!certificate.problem.empty()) {
    return {{"certificate", sentence(certificate.problem),
             "After a restart the server would not start. Put a certificate into " +
                 certificate.certificate_file + " and its key into " + certificate.key_file +
                 ", then let the server read them.",
             look + reload}};
  }
  if (!certificate.expires_at) return {};
  const auto left = *certificate.expires_at - now;
  if (left <= 0s) {
    return {
        {"certificate",
         "The certificate " + certificate.certificate_file + " expired " + text_of(left) + " ago.",
         "Clients refuse to connect." + renew, look + reload}};
  }
  if (left >= certificate_notice) return {};
  return {{"certificate",
           "The certificate " + certificate.certificate_file + " expires in " + text_of(left) + ".",
           "Then clients refuse to connect." + renew, look + reload}};
}

Findings judge_backups(const std::vector<Timestamp>& newest_first, Timestamp now) {
  if (newest_first.size() < 2) return {};  // no habit yet
  std::vector<std::chrono::microseconds> pauses;
  for (size_t i = 1; i < newest_first.size(); ++i) {
    pauses.push_back(newest_first[i - 1] - newest_first[i]);
  }
  const auto middle = pauses.begin() + static_cast<std::ptrdiff_t>(pauses.size() / 2);
  std::ranges::nth_element(pauses, middle);
  const auto habit = std::max<std::chrono::microseconds>(*middle, 1h);
  const auto age = now - newest_first[0];
  if (age <= 2 * habit) return {};
  return {
      {"backups",
       "The latest backup is " + text_of(age) + " old; there was one every " + text_of(habit) + ".",
       "What came after it would be lost with this machine.", backup_command}};
}

Findings judge_latest_backup(const BackupFacts& backup, Timestamp now) {
  if (!backup.made_at) {
    const bool is_in_use =
        backup.oldest_deployment && now - *backup.oldest_deployment > std::chrono::days(1);
    if (!is_in_use) return {};
    return {{"backups", "No backup was ever made: the audit log has none.",
             "Everything would be lost with this machine.", backup_command}};
  }
  if (backup.missing_repositories == 0) return {};
  return {
      {"backups",
       "The latest backup lacks " + std::to_string(backup.missing_repositories) +
           (backup.missing_repositories == 1 ? " repository." : " repositories."),
       "What is only there would be lost with this machine. The list says which cannot be read.",
       std::string("esclusa repo list\n") + backup_command}};
}

Findings judge_repository(const RepositoryFacts& repository) {
  Findings findings;
  const std::string name = "repository " + repository.name + " (" + repository.path + ")";
  if (repository.hangs) {
    return {{"repositories", "The " + name + " does not answer: to look at it did not end in time.",
             "Requests for it wait until they are given up. See whether its file system is there.",
             "timeout 5 ls -ld " + shell_word(repository.path)}};
  }
  if (!repository.problem.empty()) {
    const std::string target = shell_word(repository.name);
    findings.push_back(
        {"repositories", "The " + name + ": " + sentence(repository.problem),
         "Nothing can be deployed from it. Put it right, or say where it is now, or "
         "remove it from the server.",
         "esclusa repo set " + target + " --path NEW_PATH\nesclusa repo remove " + target});
  }
  if (repository.is_open_to_all) {
    findings.push_back(
        {"repositories", "Everybody on this machine may write into the " + name + ".",
         "What is deployed from it is anybody's.", "chmod -R o-w " + shell_word(repository.path)});
  }
  return findings;
}

}  // namespace esclusa::core::doctor
