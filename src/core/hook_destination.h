#pragma once
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "core/network_address.h"

namespace esclusa::core {

/// The parts of a URL that decide where a request goes.
struct UrlTarget {
  std::string host;  ///< an IP address in its shortest form, or a name in lower case
  bool has_credentials = false;
};

/// Splits a URL as the library does that will send the request: two parsers may disagree about the
/// host. nullopt if the text is not an http or https URL.
using SplitUrl = std::function<std::optional<UrlTarget>(const std::string& url)>;

/// Refuses early a webhook URL that the check at connect time would refuse at every delivery. A
/// host name is judged only at connect time, because the addresses that it resolves to may change.
/// `too_long`, `invalid_url`, `destination_not_allowed`.
Result<void> check_hook_url(const std::string& text, const SplitUrl& split,
                            const DestinationPolicy& allowed);

}  // namespace esclusa::core
