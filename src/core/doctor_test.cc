#include "core/doctor.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.h"

using namespace esclusa;
using namespace esclusa::core;
using namespace esclusa::core::doctor;
using namespace std::chrono_literals;

namespace {

const Timestamp now = *parse_time("2026-11-21T08:30:00Z");

/// Each line is a command, and no sentence.
void check_commands(std::string_view remedy) {
  constexpr std::string_view programs[] = {"chmod",   "chown",      "curl",    "df",
                                           "esclusa", "install",    "openssl", "systemctl",
                                           "timeout", "timedatectl"};
  for (const std::string_view command : split(remedy, '\n')) {
    CAPTURE(command);
    CHECK(std::ranges::count(programs, command.substr(0, command.find(' '))) == 1);
    for (const char* word : {", ", "; ", " shows ", " then "}) CHECK_FALSE(command.contains(word));
    CHECK_FALSE(command.ends_with('.'));
  }
}

/// What the findings say, one after the other.
std::string said(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    CHECK_FALSE(finding.check.empty());
    CHECK_FALSE(finding.why.empty());
    CHECK(finding.what.ends_with('.'));
    CHECK_FALSE(finding.what.ends_with(".."));
    check_commands(finding.remedy);
    text += (text.empty() ? "" : " | ") + finding.what;
  }
  return text;
}

}  // namespace

TEST_CASE("text_of: the largest unit that fits") {
  CHECK(text_of(0s) == "0 seconds");
  CHECK(text_of(1s) == "1 second");
  CHECK(text_of(119s) == "1 minute");
  CHECK(text_of(-3h) == "3 hours");
  CHECK(text_of(50h) == "2 days");
}

TEST_CASE("judge_path: modes and owners") {
  PathFacts path{.path = "/srv/data/secret.key",
                 .is_there = true,
                 .mode = 0600,
                 .owner = 7,
                 .owner_wanted = 7,
                 .owner_name = "ada",
                 .wanted_name = "ada"};
  CHECK(judge_path(path).empty());
  path.mode = 0640;
  CHECK(said(judge_path(path)) == "/srv/data/secret.key has the mode 0640.");
  CHECK(judge_path(path)[0].remedy == "chmod go-rwx /srv/data/secret.key");
  CHECK(judge_path(path)[0].why == "Users of its group can read it.");
  path.is_secret = false;  // others may read it
  path.mode = 0644;
  CHECK(judge_path(path).empty());
  path.mode = 0666;
  CHECK(judge_path(path)[0].remedy == "chmod go-w /srv/data/secret.key");
  path.mode = 0600;
  path.owner = 0;
  path.owner_name = "root";
  CHECK(said(judge_path(path)) ==
        "/srv/data/secret.key belongs to root, and the data folder to ada.");
  CHECK(judge_path(path)[0].remedy == "chown ada /srv/data/secret.key");
  path.is_there = false;
  CHECK(judge_path(path).empty());
}

TEST_CASE("judge_path: it says what others can do, and no more") {
  using enum PathFacts::Kind;
  const auto why = [](PathFacts::Kind kind, uint32_t mode, bool is_shielded = false) {
    return judge_path({.path = "/srv/data",
                       .is_there = true,
                       .kind = kind,
                       .is_shielded = is_shielded,
                       .mode = mode,
                       .owner_name = {},
                       .wanted_name = {}})[0]
        .why;
  };
  CHECK(why(file, 0604) == "Other users of this machine can read it.");
  CHECK(why(file, 0602) == "Other users of this machine can change it.");
  CHECK(why(file, 0666) == "Other users of this machine can read and change it.");
  CHECK(why(file, 0644, true) ==
        "Other users of this machine could read it if the folder above did not keep them out.");
  CHECK(why(folder, 0755) == "Other users of this machine can see what is in it.");
  CHECK(why(folder, 0711) == "Other users of this machine can enter it.");
  CHECK(why(socket, 0666) == "Other users of this machine can connect to it.");
  CHECK(why(socket, 0644).starts_with("It is only the server's"));
}

TEST_CASE("judge_key: missing, unusable, or of another database") {
  using enum KeyFacts::State;
  KeyFacts key{.file = "/srv/data/secret.key", .owner = "ada"};
  CHECK(judge_key(key).empty());
  key.state = missing;
  CHECK(said(judge_key(key)) == "The key /srv/data/secret.key is not there.");
  CHECK(judge_key(key)[0].remedy == "install -m 0600 -o ada COPY_OF_THE_KEY /srv/data/secret.key");
  CHECK(judge_key(key)[0].why.ends_with("Put the key back from where you keep it."));
  key.may_be_elsewhere = true;
  CHECK(judge_key(key)[0].why.ends_with("name that file by --secret-key-file."));
  key.state = unusable;
  key.problem = "it has no key";
  CHECK(said(judge_key(key)) == "The key /srv/data/secret.key cannot be used: it has no key.");
  key.state = other;
  key.owner.clear();
  CHECK(said(judge_key(key)) == "/srv/data/secret.key has another key than the database.");
  CHECK(judge_key(key)[0].remedy == "install -m 0600 COPY_OF_THE_KEY /srv/data/secret.key");
}

TEST_CASE("sentence, shell_word: one full stop, and one word") {
  CHECK(sentence("it is gone") == "it is gone.");
  CHECK(sentence("It is gone.") == "It is gone.");
  CHECK(sentence("It is gone..\n") == "It is gone.");
  CHECK(sentence("Is it gone?") == "Is it gone?");
  CHECK(shell_word("/srv/x-1_y.git") == "/srv/x-1_y.git");
  CHECK(shell_word("/srv/x y's") == "'/srv/x y'\\''s'");
}

TEST_CASE("judge_space: room for the database once more, 256 MiB, and files") {
  constexpr int64_t mib = 1024 * 1024;
  SpaceFacts space{.path = "/srv/data",
                   .free_bytes = 256 * mib,
                   .free_inodes = 1000,
                   .total_inodes = 5000,
                   .database_bytes = mib};
  CHECK(judge_space(space).empty());
  space.free_bytes -= 1;
  CHECK(said(judge_space(space)) == "255 MiB are free where /srv/data is; the database has 1 MiB.");
  space.free_bytes = 300 * mib;
  space.database_bytes = 301 * mib;
  CHECK(said(judge_space(space)).starts_with("300 MiB are free"));
  space.database_bytes = mib;
  space.free_inodes = 999;
  CHECK(said(judge_space(space)) == "999 more files can be made where /srv/data is.");
  space.total_inodes = 0;  // such as on btrfs
  space.free_inodes = 0;
  CHECK(judge_space(space).empty());
}

TEST_CASE("judge_clock: rows of the future, and a step while the server runs") {
  CHECK(judge_clock({now, std::nullopt, 0s}).empty());
  CHECK(judge_clock({now, now + 5min, 5min}).empty());
  CHECK(said(judge_clock({now, now + 2h, 0s})) ==
        "A row of the audit log is 2 hours in the future.");
  CHECK(said(judge_clock({now, now - 1h, -1h})) ==
        "The clock was set back by 1 hour since the server started.");
  CHECK(said(judge_clock({now, now, 26h})) ==
        "The clock was set forward by 1 day since the server started.");
}

TEST_CASE("judge_hook: an open breaker, a hook that was switched off, and dead letters") {
  const HookFacts well{.id = 7, .place = "ada/shop", .url = "https://ci.example/hook"};
  const std::string name = "The webhook 7 of ada/shop (https://ci.example/hook)";
  CHECK(judge_hook(well, now).empty());
  HookFacts hook = well;
  hook.failing_since = now - 3h;
  CHECK(said(judge_hook(hook, now)) == name + " has failed for 3 hours.");
  hook.is_disabled = true;
  CHECK(said(judge_hook(hook, now)) == name + " was switched off because it failed for too long.");
  hook = well;
  hook.dead_count = 2;
  CHECK(said(judge_hook(hook, now)) == name + " has 2 dead letters of the last day.");
  CHECK(judge_hook(hook, now)[0].remedy ==
        "esclusa hook deliveries ada/shop 7 --state dead\nesclusa hook replay ada/shop 7");
  hook.place = "app shop";  // the hook commands know no apps
  hook.dead_count = 1;
  CHECK(said(judge_hook(hook, now)) ==
        "The webhook 7 of app shop (https://ci.example/hook) has 1 dead letter of the last day.");
  CHECK(judge_hook(hook, now)[0].remedy == "curl -i https://ci.example/hook");
}

TEST_CASE("judge_agents: silent, while something waits") {
  AgentFacts agents{.repository = "ada/shop",
                    .environment = "production",
                    .tokens = {"7 (web-1)", "8"},
                    .last_seen = now - 2h,
                    .waiting_count = 3,
                    .waiting_since = now - 1h};
  CHECK(said(judge_agents(agents, now)) ==
        "3 deployments of production in ada/shop wait, the oldest for 1 hour, and its agents were "
        "last heard 2 hours ago (tokens: 7 (web-1), 8).");
  AgentFacts other = agents;
  other.last_seen = now - 1min;  // it is there, and may be busy
  CHECK(judge_agents(other, now).empty());
  other = agents;
  other.waiting_since = now - 1min;
  CHECK(judge_agents(other, now).empty());
  other = agents;
  other.waiting_count = 0;
  CHECK(judge_agents(other, now).empty());
}

TEST_CASE("judge_certificate: 21 days before its end, after it, and a key of another one") {
  CertificateFacts certificate{.certificate_file = "/etc/tls/cert.pem",
                               .key_file = "/etc/tls/key.pem",
                               .expires_at = now + std::chrono::days(21)};
  CHECK(judge_certificate(certificate, now).empty());
  certificate.expires_at = now + std::chrono::days(21) - 1s;
  CHECK(said(judge_certificate(certificate, now)) ==
        "The certificate /etc/tls/cert.pem expires in 20 days.");
  certificate.expires_at = now - 3h;
  CHECK(said(judge_certificate(certificate, now)) ==
        "The certificate /etc/tls/cert.pem expired 3 hours ago.");
  certificate.problem = "the key does not match";
  CHECK(said(judge_certificate(certificate, now)) == "the key does not match.");
  CHECK(judge_certificate(certificate, now)[0].why.starts_with(
      "After a restart the server would not start."));
}

TEST_CASE("judge_backups: older than twice the usual pause") {
  CHECK(judge_backups({}, now).empty());
  CHECK(judge_backups({now - std::chrono::days(90)}, now).empty());  // no habit
  const std::vector<Timestamp> daily = {now - 47h, now - 71h, now - 95h, now - 119h};
  CHECK(judge_backups(daily, now).empty());
  CHECK(said(judge_backups(daily, now + 2h)) ==
        "The latest backup is 2 days old; there was one every 1 day.");
  // One by hand between the others is no new habit.
  const std::vector<Timestamp> with_one = {now - 30h, now - 30h - 1min, now - 54h, now - 78h,
                                           now - 102h};
  CHECK(judge_backups(with_one, now).empty());
}

TEST_CASE("judge_latest_backup: it lacks repositories, or there is none") {
  CHECK(judge_latest_backup({}, now).empty());
  CHECK(judge_latest_backup({.oldest_deployment = now - 24h}, now).empty());
  const auto none = judge_latest_backup({.oldest_deployment = now - 25h}, now);
  CHECK(said(none) == "No backup was ever made: the audit log has none.");
  CHECK(none[0].remedy == "esclusa backup FOLDER --keep 14");
  BackupFacts backup{.made_at = now - 1h, .oldest_deployment = now - 48h};
  CHECK(judge_latest_backup(backup, now).empty());
  backup.missing_repositories = 1;
  CHECK(said(judge_latest_backup(backup, now)) == "The latest backup lacks 1 repository.");
  backup.missing_repositories = 3;
  CHECK(said(judge_latest_backup(backup, now)) == "The latest backup lacks 3 repositories.");
}

TEST_CASE("judge_repository: gone, hanging, or open to all") {
  RepositoryFacts repository{.name = "ada/shop", .path = "/srv/git/shop.git"};
  const std::string name = "The repository ada/shop (/srv/git/shop.git)";
  CHECK(judge_repository(repository).empty());
  repository.problem = "No such file or directory.";
  CHECK(said(judge_repository(repository)) == name + ": No such file or directory.");
  repository.hangs = true;
  CHECK(said(judge_repository(repository)) ==
        name + " does not answer: to look at it did not end in time.");
  repository = {.name = "ada/shop", .path = "/srv/git/shop.git", .is_open_to_all = true};
  CHECK(said(judge_repository(repository)) ==
        "Everybody on this machine may write into the repository ada/shop (/srv/git/shop.git).");
}
