#pragma once
#include <string>
#include <vector>

namespace esclusa::core {

/// What `esclusa doctor` has found wrong.
struct Finding {
  std::string check;   ///< a stable name: `disk`, `permissions`, …
  std::string what;    ///< what was found, as a sentence
  std::string why;     ///< why it matters
  std::string remedy;  ///< what to type, or to do
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

}  // namespace esclusa::core
