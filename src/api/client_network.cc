#include "api/client_network.h"

#include "base/crypto.h"
#include "core/network_address.h"

namespace esclusa::api {

std::string client_network(std::string_view peer) {
  auto address = core::NetworkAddress::parse(peer.substr(0, peer.find('%')));  // without a zone
  if (!address) return std::string(peer);
  auto bytes = reinterpret_cast<const char*>(address->bytes.data());
  return hex({bytes, address->is_ipv4() ? size_t{16} : size_t{8}});
}

}  // namespace esclusa::api
