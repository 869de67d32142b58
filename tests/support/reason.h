#pragma once
#include <string>

#include "base/error.h"

namespace esclusa::test {

/// Why something is refused; empty if it is not.
template <class T>
std::string reason(const Result<T>& result) {
  if (result) return "";
  if (result.error().code == ErrorCode::not_found) return "not found";
  return result.error().reason_code;
}

}  // namespace esclusa::test
