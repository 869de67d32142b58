#include "core/doctor.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;
using namespace esclusa::core::doctor;
using namespace std::chrono_literals;

namespace {

const Timestamp now = *parse_time("2026-11-21T08:30:00Z");

/// What the findings say, one after the other.
std::string said(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    CHECK_FALSE(finding.check.empty());
    CHECK_FALSE(finding.why.empty());
    CHECK_FALSE(finding.remedy.empty());
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
  CHECK(said(judge_certificate(certificate, now)) == "the key does not match");
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
        "Everybody on this machine may write into " + name + ".");
}
