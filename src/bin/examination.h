#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "api/examiner.h"
#include "base/boot_clock.h"
#include "base/crypto.h"
#include "base/replaceable.h"
#include "bin/settings.h"
#include "sql/connection.h"

namespace esclusa {

/// What the server itself knows for `esclusa doctor`. Made at its start.
class Examination final : public api::Examiner {
 public:
  Examination(const ServerSettings& settings, std::filesystem::path database);

  /// Other files from now on. Any thread.
  void use(std::shared_ptr<const ServerSettings> settings) { settings_.set(std::move(settings)); }
  core::Findings examine() override;
  std::vector<core::Component> components() override;
  Result<std::vector<std::string>> tables() override;
  Result<std::string> check_table(const std::string& table) override;

 private:
  Replaceable<ServerSettings> settings_;
  const std::filesystem::path database_;
  const std::chrono::microseconds wall_ahead_;  ///< of the boot clock, at the start
};

/// The libraries that this process has loaded, by their own functions.
std::vector<core::Component> loaded_components();

/// The certificate that the settings name; nothing without TLS.
core::Findings examine_certificate(const ServerSettings& settings, Timestamp now);

/// What is wrong with the file of the key, and the keys that it has.
struct KeyLook {
  core::Findings findings = {};
  std::vector<SealingKey> keys = {};
};
/// `is_server`: the server itself looks, which knows for sure where its key is.
KeyLook look_at_key(const ServerSettings& settings, bool is_server);
/// Whether the database is of one of these keys; nothing if there are none.
core::Findings examine_key(const ServerSettings& settings, const KeyLook& look, sql::Reader& db);

/// What the latest backup lacks, and whether there is one.
core::Findings examine_latest_backup(sql::Reader& db, Timestamp now);

/// The files of libraries, by the text of /proc/PID/maps, that were replaced after the process had
/// loaded them.
std::vector<std::string> replaced_libraries(std::string_view maps);

}  // namespace esclusa
