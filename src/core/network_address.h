#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"

namespace esclusa::core {

/// An IPv4 or IPv6 address as 16 bytes; IPv4 is stored as `::ffff:a.b.c.d`.
struct NetworkAddress {
  std::array<uint8_t, 16> bytes{};
  /// Accepts dotted IPv4 or IPv6 without a zone; other spellings are refused.
  static std::optional<NetworkAddress> parse(std::string_view text);
  static NetworkAddress from_ipv4(const uint8_t (&octets)[4]);
  bool is_ipv4() const;
};

/// A CIDR range such as `10.0.0.0/8` or `fd00::/8`.
class NetworkRange {
 public:
  static std::optional<NetworkRange> parse(std::string_view text);
  bool contains(const NetworkAddress& address) const;
  bool lies_within(const NetworkRange& wider) const;
  /// All of IPv4, or all of IPv6.
  bool is_everything() const;

 private:
  NetworkAddress base_;
  int prefix_bits_ = 128;
};

/// Destinations that webhooks may reach: all public addresses, and the ranges that the operator
/// allows. Loopback and link-local (where clouds serve metadata) are opened only by a range that
/// lies wholly within them, so that `0.0.0.0/0` does not open them by accident. Copies are one
/// policy: a change of one changes all. Any thread.
class DestinationPolicy {
 public:
  /// `invalid` names the entry that is not a range.
  static Result<DestinationPolicy> parse(const std::vector<std::string>& allow);
  bool allows(const NetworkAddress& address) const;
  /// From now on this policy and its copies allow what `other` allows now.
  void change_to(const DestinationPolicy& other);

 private:
  struct State {
    Mutex mutex;
    std::vector<NetworkRange> allow GUARDED_BY(mutex);
  };
  std::vector<NetworkRange> ranges() const;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace esclusa::core
