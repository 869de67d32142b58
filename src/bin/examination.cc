#include "bin/examination.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/text.h"
#include "core/doctor.h"
#include "git/library_version.h"
#include "http/library_versions.h"
#include "http/tls_identity.h"
#include "sql/library_version.h"
#include "sql/table_check.h"

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

}  // namespace

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
  core::Findings findings = examine_certificate(settings_, now);
  append(findings,
         core::doctor::judge_clock({now, std::nullopt, wall_ahead_of_boot() - wall_ahead_}));
  append(findings, examine_libraries());
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
