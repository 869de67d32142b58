#include "bin/database_probe.h"

#include "base/exhaustion.h"
#include "base/limits.h"
#include "store/identity.h"

namespace esclusa {

std::optional<std::string> DatabaseProbe::try_to_read() {
  const std::string fault = "the database cannot be read: ";
  try {
    const auto found =
        database_.read([](store::Reader& db) { return store::read_identity_from_disk(db); });
    if (!found) return fault + found.error().message;
    if (!*found) return fault + "a row is missing";
    return std::nullopt;
  } catch (const std::exception& exception) {  // a row that cannot be read
    if (is_exhaustion(exception)) throw;
    return fault + exception.what();
  }
}

void DatabaseProbe::look() {
  auto found = try_to_read();
  if (const auto writes = database_.check_writes();
      !writes && writes.error().reason_code == "storage_full") {
    // There may be space again. If this finds space, `check_writes` knows it.
    (void)database_.write([](store::Writer& tx) { store::rewrite_identity(tx); });
  }
  Lock lock(mutex_);
  found_ = std::move(found);
  looked_at_ = Pulse::Clock::now();
}

std::optional<std::string> DatabaseProbe::fault(Pulse::Clock::time_point now) {
  {
    Lock lock(mutex_);
    if (now > looked_at_ + limits::readiness_time) {
      return "the database has not answered for " +
             std::to_string(limits::readiness_time / std::chrono::seconds(1)) + " seconds";
    }
    if (found_) return found_;
  }
  const auto writes = database_.check_writes();
  if (!writes) return "the database accepts no writes: " + writes.error().message;
  return std::nullopt;
}

}  // namespace esclusa
