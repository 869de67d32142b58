#pragma once
#include <exception>

#include "base/error.h"

namespace esclusa::app {

/// What `work` gives, or its exception as an error: to a timer, a row that cannot be read must not
/// stop the other rows or the server.
template <class Work>
auto as_result(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(ErrorCode::internal, exception.what());
  }
}

}  // namespace esclusa::app
