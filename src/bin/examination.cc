#include "bin/examination.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/descriptor.h"
#include "base/json.h"
#include "base/keyring.h"
#include "base/system_user.h"
#include "base/text.h"
#include "core/doctor.h"
#include "git/library_version.h"
#include "http/library_versions.h"
#include "http/tls_identity.h"
#include "sql/library_version.h"
#include "sql/table_check.h"
#include "store/audit_list.h"
#include "store/identity.h"

namespace esclusa {
namespace {

std::chrono::microseconds wall_ahead_of_boot() {
  const auto wall = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  return wall.time_since_epoch() - boot_now().since_boot;
}

core::Findings examine_libraries() {
  std::ifstream maps("/proc/self/maps");
  std::stringstream text;
  text << maps.rdbuf();
  const auto replaced = replaced_libraries(text.str());
  if (replaced.empty()) return {};
  return {
      {"libraries",
       "The server still runs with " + join(replaced, ", ") + ", which an upgrade has replaced.",
       "What the upgrade has put right is still wrong in the server.",
       "systemctl restart esclusa"}};
}

void append(core::Findings& findings, core::Findings more) {
  std::ranges::move(more, std::back_inserter(findings));
}

core::doctor::KeyFacts facts_of_key(const ServerSettings& settings) {
  const bool is_external = !settings.secret_key_file.empty();
  core::doctor::KeyFacts facts;
  facts.file = (is_external ? settings.secret_key_file : settings.data / "secret.key").string();
  struct stat folder{};
  // Outside of the folder it may belong to anybody whom the server may read it from.
  if (!is_external && stat(settings.data.c_str(), &folder) == 0) {
    facts.owner = system_user_name(folder.st_uid);
  }
  return facts;
}

}  // namespace

KeyLook look_at_key(const ServerSettings& settings, bool is_server) {
  using enum core::doctor::KeyFacts::State;
  core::doctor::KeyFacts facts = facts_of_key(settings);
  facts.may_be_elsewhere = !is_server && settings.secret_key_file.empty();
  // systemd hands credentials over only while the service runs.
  const bool is_credential = facts.file.starts_with("/run/credentials/");
  KeyLook look;
  const Descriptor file(::open(facts.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) {
    if (is_server || !is_credential) facts.state = missing;
  } else {
    std::string bytes(keyring_file_bytes, '\0');
    const ssize_t count = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
    if (count < 0) {
      facts.problem = std::strerror(errno);
    } else {
      bytes.resize(static_cast<size_t>(count));
      if (auto keys = parse_keyring(bytes)) {
        look.keys = *std::move(keys);
      } else {
        facts.problem = "it has no key";
      }
    }
    wipe(bytes);
    if (!facts.problem.empty()) facts.state = unusable;
  }
  look.findings = core::doctor::judge_key(facts);
  return look;
}

core::Findings examine_key(const ServerSettings& settings, const KeyLook& look, sql::Reader& db) {
  const auto identity = store::find_identity(db);
  if (look.keys.empty() || !identity) return {};
  const bool is_of_database = std::ranges::any_of(look.keys, [&](const SealingKey& key) {
    return store::key_digest(key.key, identity->identity) == identity->key_digest;
  });
  if (is_of_database) return {};
  core::doctor::KeyFacts facts = facts_of_key(settings);
  facts.state = core::doctor::KeyFacts::State::other;
  return core::doctor::judge_key(facts);
}

core::Findings examine_latest_backup(sql::Reader& db, Timestamp now) {
  core::doctor::BackupFacts facts;
  const auto page = store::list_audit(db, {.action = "backup.create", .size = 1});
  if (!page) return {};
  if (!page->items.empty()) {
    facts.made_at = page->items[0].at;
    if (const auto detail = Json::parse(page->items[0].detail)) {
      facts.missing_repositories = detail->integer_at("missing_repositories").value_or(0);
    }
  }
  facts.oldest_deployment = db.one("select created_at from deployment order by id limit 1", {},
                                   [](const sql::Row& row) { return from_micros(row.integer(0)); });
  return core::doctor::judge_latest_backup(facts, now);
}

std::vector<std::string> replaced_libraries(std::string_view maps) {
  std::set<std::string> files;
  constexpr std::string_view deleted = " (deleted)";
  for (std::string_view line : split(maps, '\n')) {
    const size_t begin = line.find('/');
    if (begin == line.npos || !line.ends_with(deleted)) continue;
    line.remove_suffix(deleted.size());
    const std::string_view file = line.substr(begin);
    if (file.contains(".so")) files.emplace(file);
  }
  return {files.begin(), files.end()};
}

std::vector<core::Component> loaded_components() {
  return {{"sqlite", sql::sqlite_version()},
          {"libgit2", git::libgit2_version()},
          {"libcurl", http::libcurl_version()},
          {"openssl", http::openssl_version()}};
}

core::Findings examine_certificate(const ServerSettings& settings, Timestamp now) {
  if (settings.tls_certificate.empty()) return {};
  core::doctor::CertificateFacts facts{.certificate_file = settings.tls_certificate,
                                       .key_file = settings.tls_key};
  const auto identity = http::TlsIdentity::load(settings.tls_certificate, settings.tls_key);
  if (identity) {
    facts.expires_at = http::end_of(*identity);
  } else {
    facts.problem = identity.error().message + ".";
  }
  return core::doctor::judge_certificate(facts, now);
}

Examination::Examination(const ServerSettings& settings, std::filesystem::path database)
    : settings_(settings), database_(std::move(database)), wall_ahead_(wall_ahead_of_boot()) {}

core::Findings Examination::examine() {
  // Not system_now(), which never runs backwards.
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto settings = settings_.get();
  core::Findings findings = examine_certificate(*settings, now);
  append(findings,
         core::doctor::judge_clock({now, std::nullopt, wall_ahead_of_boot() - wall_ahead_}));
  append(findings, examine_libraries());
  // Before the database: a rotation writes the new key into the file before it uses it.
  KeyLook key = look_at_key(*settings, true);
  append(findings, std::move(key.findings));
  const auto read = sql::read_sqlite(database_, [&](sql::Reader& db) -> Result<void> {
    append(findings, examine_key(*settings, key, db));
    append(findings, examine_latest_backup(db, now));
    return {};
  });
  if (!read) {
    findings.push_back({"integrity", core::doctor::sentence(read.error().message),
                        "Neither the key nor the backups could be compared with the database.",
                        "journalctl -u esclusa"});
  }
  return findings;
}

std::vector<core::Component> Examination::components() { return loaded_components(); }

Result<std::vector<std::string>> Examination::tables() {
  std::vector<std::string> tables;
  TRY(sql::read_sqlite(database_, [&](sql::Reader& db) -> Result<void> {
    tables = sql::list_tables(db);
    return {};
  }));
  return tables;
}

Result<std::string> Examination::check_table(const std::string& table) {
  std::string problem;
  const auto read = sql::read_sqlite(database_, [&](sql::Reader& db) -> Result<void> {
    problem = TRY(sql::check_table(db, table));
    return {};
  });
  if (!read && read.error().reason_code == "storage_damaged") return read.error().message;
  if (!read) return std::unexpected(read.error());
  return problem;
}

}  // namespace esclusa
