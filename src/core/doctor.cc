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

std::string octal(uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode & 07777);
  return text;
}

std::string in_mebibytes(int64_t bytes) { return std::to_string(bytes / mebibyte) + " MiB"; }

/// `'/var/lib/x y'`, for a shell.
std::string quoted(const std::string& text) {
  const bool is_plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-:@").contains(static_cast<char>(c));
  });
  if (is_plain) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

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
         path.is_secret
             ? "Other users of this machine can read or change what is only the server's."
             : "Other users of this machine can change it.",
         "chmod " + std::string(path.is_secret ? "go-rwx " : "go-w ") + quoted(path.path)});
  }
  if (path.owner != path.owner_wanted) {
    findings.push_back(
        {"permissions",
         path.path + " belongs to " + path.owner_name + ", and the data folder to " +
             path.wanted_name + ".",
         "The server may be unable to use it, and " + path.owner_name + " can change it.",
         "chown " + quoted(path.wanted_name) + " " + quoted(path.path)});
  }
  return findings;
}

Findings judge_space(const SpaceFacts& space) {
  Findings findings;
  const int64_t wanted = std::max(least_free_bytes, space.database_bytes);
  if (space.free_bytes < wanted) {
    findings.push_back(
        {"disk",
         in_mebibytes(space.free_bytes) + " are free where " + space.path +
             " is; the database has " + in_mebibytes(space.database_bytes) + ".",
         "A full disk refuses every change. An upgrade or a copy of the database needs as much as "
         "it has.",
         "df -h " + quoted(space.path) + ", and make " + in_mebibytes(wanted) + " free there"});
  }
  if (space.total_inodes > 0 && space.free_inodes < least_free_inodes) {
    findings.push_back(
        {"disk",
         std::to_string(space.free_inodes) + " more files can be made where " + space.path + " is.",
         "Git makes a file for each object and each ref.",
         "df -i " + quoted(space.path) + ", and remove files there"});
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
  const std::string look = "esclusa hook deliveries " + quoted(hook.place) + " " +
                           std::to_string(hook.id) + " shows what the receiver answered";
  if (hook.is_disabled) {
    findings.push_back({"hooks", name + " was switched off because it failed for too long.",
                        "Its events are held, and reach nobody.",
                        look + "; switch it on when the receiver works again"});
  } else if (hook.failing_since) {
    findings.push_back({"hooks",
                        name + " has failed for " + text_of(now - *hook.failing_since) + ".",
                        "Its events wait, and are tried one at a time.", look});
  }
  if (hook.dead_count > 0) {
    findings.push_back(
        {"hooks",
         name + " has " + std::to_string(hook.dead_count) + " dead letters of the last day.",
         "They are not tried again by themselves.",
         look + "; esclusa hook replay sends them again"});
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
           "Nothing is deployed there.",
           "systemctl status esclusa-agent on the agent's machine; esclusa agent tokens " +
               quoted(agents.repository) + " shows the tokens"}};
}

Findings judge_certificate(const CertificateFacts& certificate, Timestamp now) {
  const std::string renew =
      "renew " + certificate.certificate_file + ", then send the server SIGHUP";
  if (!certificate.problem.empty()) {
    return {{"certificate", certificate.problem,
             "After a restart the server would not listen with TLS.",
             "put a certificate into " + certificate.certificate_file + " and its key into " +
                 certificate.key_file + ", then send the server SIGHUP"}};
  }
  if (!certificate.expires_at) return {};
  const auto left = *certificate.expires_at - now;
  if (left <= 0s) {
    return {
        {"certificate",
         "The certificate " + certificate.certificate_file + " expired " + text_of(left) + " ago.",
         "Clients refuse to connect.", renew}};
  }
  if (left >= certificate_notice) return {};
  return {{"certificate",
           "The certificate " + certificate.certificate_file + " expires in " + text_of(left) + ".",
           "Then clients refuse to connect.", renew}};
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
       "What came after it would be lost with this machine.", "esclusa backup PATH"}};
}

Findings judge_repository(const RepositoryFacts& repository) {
  Findings findings;
  const std::string name = "The repository " + repository.name + " (" + repository.path + ")";
  if (repository.hangs) {
    return {{"repositories", name + " does not answer: to look at it did not end in time.",
             "Requests for it wait until they are given up.",
             "ls -l " + quoted(repository.path) + ", and see whether its file system is there"}};
  }
  if (!repository.problem.empty()) {
    findings.push_back({"repositories", name + ": " + repository.problem,
                        "Nothing can be deployed from it.",
                        "put it right, or: esclusa repo set " + quoted(repository.name) +
                            " --path NEW, or esclusa repo remove " + quoted(repository.name)});
  }
  if (repository.is_open_to_all) {
    findings.push_back({"repositories", "Everybody on this machine may write into " + name + ".",
                        "What is deployed from it is anybody's.",
                        "chmod -R o-w " + quoted(repository.path)});
  }
  return findings;
}

}  // namespace esclusa::core::doctor
