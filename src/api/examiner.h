#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "core/finding.h"
#include "core/known_holes.h"

namespace esclusa::api {

/// What a server can say of itself beside its rows, for `esclusa doctor`. Any thread; may wait for
/// the disk.
class Examiner {
 public:
  /// Certificates, the clock since the start, and libraries that were replaced meanwhile.
  virtual core::Findings examine() = 0;
  /// The libraries that the server has loaded.
  virtual std::vector<core::Component> components() = 0;
  /// The names of the tables; empty where the engine looks after itself.
  virtual Result<std::vector<std::string>> tables() = 0;
  /// The first damage of a table, as a sentence; empty if there is none.
  virtual Result<std::string> check_table(const std::string& table) = 0;

 protected:
  ~Examiner() = default;
};

}  // namespace esclusa::api
