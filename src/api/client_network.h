#pragma once
#include <string>
#include <string_view>

namespace esclusa::api {

/// What requests without an account are counted by: an IPv4 address, or the /64 of an IPv6 one,
/// because a single line has 2^64 addresses there.
std::string client_network(std::string_view peer);

}  // namespace esclusa::api
