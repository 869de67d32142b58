#include "core/network_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace esclusa::core {

NetworkAddress NetworkAddress::from_ipv4(const uint8_t (&octets)[4]) {
  NetworkAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy_n(octets, 4, address.bytes.begin() + 12);
  return address;
}

std::optional<NetworkAddress> NetworkAddress::parse(std::string_view text) {
  if (text.contains('\0')) return std::nullopt;  // inet_pton would stop reading there
  std::string terminated(text);
  uint8_t octets[4];
  if (inet_pton(AF_INET, terminated.c_str(), octets) == 1) return from_ipv4(octets);
  NetworkAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool NetworkAddress::is_ipv4() const {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](uint8_t b) { return b == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

std::optional<NetworkRange> NetworkRange::parse(std::string_view text) {
  auto slash = text.find('/');
  auto base = NetworkAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int offset = base->is_ipv4() ? 96 : 0;
  NetworkRange range;
  range.base_ = *base;
  if (slash != text.npos) {
    std::string_view digits = text.substr(slash + 1);
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), range.prefix_bits_);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (digits.size() > 1 && (digits[0] == '0' || digits[0] == '-')) return std::nullopt;
    if (range.prefix_bits_ < 0 || range.prefix_bits_ > 128 - offset) return std::nullopt;
    range.prefix_bits_ += offset;
  }
  return range;
}

bool NetworkRange::contains(const NetworkAddress& address) const {
  // IPv4 addresses are stored mapped into IPv6, but `::/0` covers IPv6 only.
  if (address.is_ipv4() != (base_.is_ipv4() && prefix_bits_ >= 96)) return false;
  int whole = prefix_bits_ / 8;
  int rest = prefix_bits_ % 8;
  if (std::memcmp(base_.bytes.data(), address.bytes.data(), whole) != 0) return false;
  if (rest == 0) return true;
  uint8_t mask = static_cast<uint8_t>(0xff << (8 - rest));
  return ((base_.bytes[whole] ^ address.bytes[whole]) & mask) == 0;
}

bool NetworkRange::is_everything() const {
  return prefix_bits_ == 0 || (base_.is_ipv4() && prefix_bits_ == 96);
}

bool NetworkRange::lies_within(const NetworkRange& wider) const {
  return prefix_bits_ >= wider.prefix_bits_ && wider.contains(base_);
}

namespace {

std::vector<NetworkRange> ranges(std::initializer_list<const char*> texts) {
  std::vector<NetworkRange> result;
  for (const char* text : texts) result.push_back(NetworkRange::parse(text).value());
  return result;
}

/// Addresses that are not public: the IANA special-purpose registries, Azure's metadata address
/// (168.63.129.16), and unassigned IPv6 (only 2000::/3 is public).
const std::vector<NetworkRange>& special_ranges() {
  static const auto table =
      ranges({"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
              "169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
              "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
              "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",   "168.63.129.16/32",
              "::/3",           "2001::/23",      "2001:db8::/32", "2002::/16",
              "3fff::/20",      "4000::/2",       "8000::/1"});
  return table;
}

/// Ranges that an entry opens only if it lies within them.
const std::vector<NetworkRange>& guarded_ranges() {
  static const auto table =
      ranges({"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32",
              "100.100.100.200/32", "::/96", "fe80::/10", "fd00:ec2::254/128"});
  return table;
}

bool any_contains(const std::vector<NetworkRange>& list, const NetworkAddress& address) {
  return std::ranges::any_of(list, [&](const auto& range) { return range.contains(address); });
}

/// A NAT64 address (RFC 6052) holds an IPv4 address in its last four bytes: the IPv4 address is
/// judged.
NetworkAddress unwrap(const NetworkAddress& address) {
  static const NetworkRange nat64 = NetworkRange::parse("64:ff9b::/96").value();
  if (!nat64.contains(address)) return address;
  const auto& b = address.bytes;
  return NetworkAddress::from_ipv4({b[12], b[13], b[14], b[15]});
}

}  // namespace

Result<DestinationPolicy> DestinationPolicy::parse(const std::vector<std::string>& allow) {
  std::vector<NetworkRange> ranges;
  for (const auto& text : allow) {
    auto range = NetworkRange::parse(text);
    if (!range) {
      return fail(ErrorCode::invalid,
                  "webhooks.allow: \"" + text + "\" is no address range such as 10.0.0.0/8");
    }
    ranges.push_back(*range);
  }
  DestinationPolicy policy;
  Lock lock(policy.state_->mutex);
  policy.state_->allow = std::move(ranges);
  return policy;
}

std::vector<NetworkRange> DestinationPolicy::ranges() const {
  Lock lock(state_->mutex);
  return state_->allow;
}

void DestinationPolicy::change_to(const DestinationPolicy& other) {
  std::vector<NetworkRange> changed = other.ranges();
  Lock lock(state_->mutex);
  state_->allow.swap(changed);
}

bool DestinationPolicy::allows(const NetworkAddress& given) const {
  NetworkAddress address = unwrap(given);
  if (!any_contains(special_ranges(), address)) return true;
  auto guard = std::ranges::find_if(guarded_ranges(),
                                    [&](const auto& range) { return range.contains(address); });
  return std::ranges::any_of(ranges(), [&](const auto& range) {
    bool named = guard == guarded_ranges().end() || range.lies_within(*guard);
    return named && range.contains(address);
  });
}

}  // namespace esclusa::core
