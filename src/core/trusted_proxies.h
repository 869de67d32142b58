#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/network_address.h"

namespace esclusa::core {

/// The proxies whose word about their clients is believed: address ranges, and `unix` for whoever
/// connects through a unix socket. By default nobody is.
class TrustedProxies {
 public:
  /// `invalid` names the entry that is no range, or that would believe everybody.
  static Result<TrustedProxies> parse(const std::vector<std::string>& entries);
  /// `peer`: an address, or `local` for the peer of a unix socket.
  bool contains(std::string_view peer) const;
  bool empty() const { return ranges_.empty() && !has_unix_; }

 private:
  std::vector<NetworkRange> ranges_;
  bool has_unix_ = false;
};

}  // namespace esclusa::core
