#pragma once
#include <string>
#include <vector>

namespace esclusa::core {

/// What `esclusa doctor` has found wrong.
struct Finding {
  std::string check;   ///< a stable name: `disk`, `permissions`, …
  std::string what;    ///< what was found, as a sentence
  std::string why;     ///< why it matters, and what to do about it that is no command
  std::string remedy;  ///< what to type: whole commands, one on each line
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

}  // namespace esclusa::core
