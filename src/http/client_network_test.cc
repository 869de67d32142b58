#include "http/client_network.h"

#include <doctest/doctest.h>

using esclusa::http::client_network;

TEST_CASE("client_network: one for each IPv4 address, and for each /64 of IPv6") {
  CHECK(client_network("192.0.2.1") == client_network("192.0.2.1"));
  CHECK(client_network("192.0.2.1") != client_network("192.0.2.2"));
  CHECK(client_network("::ffff:192.0.2.1") == client_network("192.0.2.1"));
  CHECK(client_network("2001:db8:1:2::1") == client_network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(client_network("2001:db8:1:2::1") != client_network("2001:db8:1:3::1"));
  CHECK(client_network("fe80::1%eth0") == client_network("fe80::2"));
  CHECK(client_network("local") == "local");
}
