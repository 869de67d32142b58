#include "http/client_network.h"

#include <arpa/inet.h>

#include "base/crypto.h"

namespace esclusa::http {

std::string client_network(std::string_view peer) {
  const std::string text(peer.substr(0, peer.find('%')));  // without a zone
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return text;
  const auto* bytes = reinterpret_cast<const char*>(address.s6_addr);
  if (!IN6_IS_ADDR_V4MAPPED(&address)) return hex({bytes, 8}) + "::/64";
  char ipv4[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, bytes + 12, ipv4, sizeof ipv4);
}

}  // namespace esclusa::http
