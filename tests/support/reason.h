#pragma once
#include <string>

#include "base/error.h"

namespace esclusa::test {

/// The reason code of a refusal; empty if there was no error.
template <class T>
std::string reason(const Result<T>& result) {
  if (result) return "";
  if (result.error().code == ErrorCode::not_found) return "not found";
  return result.error().reason_code;
}

}  // namespace esclusa::test
