#pragma once
#include <string>

#include "base/error.h"

namespace esclusa {

/// The address that clients use, as links begin with it: without a slash at its end. It may have a
/// path, below which a proxy has the server. `invalid` says what is expected instead: it is no
/// http or https URL, it has credentials, a query or a fragment, or its path cannot be told from
/// the server's own paths, such as `/repos`.
Result<std::string> checked_external_url(const std::string& text);

/// The path of such an address, such as `/deploy`; empty if there is none.
std::string base_path_of(const std::string& external_url);

}  // namespace esclusa
