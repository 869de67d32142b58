#pragma once
#include <optional>
#include <string>

#include "base/time.h"
#include "http/tls_identity.h"

namespace esclusa::http {

/// The versions that this process has loaded: `7.88.1` and `3.0.19`.
std::string libcurl_version();
std::string openssl_version();

/// The end of the certificate's validity; nothing if it cannot be told.
std::optional<Timestamp> end_of(const TlsIdentity& identity);

}  // namespace esclusa::http
