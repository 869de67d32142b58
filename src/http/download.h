#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace esclusa::http {

/// An answer whose body goes elsewhere, however long it is.
struct DownloadAnswer {
  int status = 0;
  std::string body;  ///< of an answer that is not 200, cut after 64 KiB
};

/// Sends a GET over a unix socket, and gives the body of a 200 to `take`, piece by piece; false
/// ends it. Waits as long as the server keeps the connection. `unavailable` if there was no whole
/// answer. Any thread.
Result<DownloadAnswer> download(const std::string& unix_socket, const std::string& target,
                                const std::function<bool(std::string_view)>& take);

}  // namespace esclusa::http
