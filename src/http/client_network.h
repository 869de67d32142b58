#pragma once
#include <string>
#include <string_view>

namespace esclusa::http {

/// The network for which requests without an account are counted: an IPv4 address, or the /64 of an
/// IPv6 address, because a single customer's line has 2^64 addresses there.
std::string client_network(std::string_view peer);

}  // namespace esclusa::http
