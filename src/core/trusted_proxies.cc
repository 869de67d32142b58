#include "core/trusted_proxies.h"

#include <algorithm>

namespace esclusa::core {

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
  TrustedProxies proxies;
  for (const std::string& entry : entries) {
    if (entry == "unix") {
      proxies.has_unix_ = true;
      continue;
    }
    const auto range = NetworkRange::parse(entry);
    if (!range) {
      return fail(ErrorCode::invalid,
                  "a list of addresses, ranges such as 10.0.0.0/8, and unix; \"" + entry +
                      "\" is none of them");
    }
    if (range->is_everything()) {
      return fail(ErrorCode::invalid, "a list of the proxies' addresses; \"" + entry +
                                          "\" would let everybody name any client");
    }
    proxies.ranges_.push_back(*range);
  }
  return proxies;
}

bool TrustedProxies::contains(std::string_view peer) const {
  if (peer == "local") return has_unix_;
  const auto address = NetworkAddress::parse(peer);
  return address && std::ranges::any_of(ranges_, [&](const NetworkRange& range) {
           return range.contains(*address);
         });
}

}  // namespace esclusa::core
