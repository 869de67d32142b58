#include "core/known_holes.h"

#include <algorithm>
#include <cctype>
#include <compare>

#include "base/text.h"

namespace esclusa::core {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// The digits at the beginning, without leading zeros; removes them from the text.
std::string_view take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  std::string_view number(text.begin(), end);
  text.remove_prefix(number.size());
  while (number.starts_with('0')) number.remove_prefix(1);
  return number;
}

int compare_numbers(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
  return one.compare(other);
}

/// The order of a character outside of numbers, by dpkg: `~` is before the end, and letters are
/// before all others.
int order_of(std::string_view text) {
  if (text.empty() || is_digit(text[0])) return 0;
  const auto c = static_cast<unsigned char>(text[0]);
  if (c == '~') return -1;
  return std::isalpha(c) != 0 ? c : c + 256;
}

/// Compares a part of a package's version: texts and numbers in turns.
int compare_parts(std::string_view one, std::string_view other) {
  while (!one.empty() || !other.empty()) {
    while ((!one.empty() && !is_digit(one[0])) || (!other.empty() && !is_digit(other[0]))) {
      const int difference = order_of(one) - order_of(other);
      if (difference != 0) return difference;
      if (!one.empty()) one.remove_prefix(1);
      if (!other.empty()) other.remove_prefix(1);
    }
    if (const int difference = compare_numbers(take_number(one), take_number(other));
        difference != 0) {
      return difference;
    }
  }
  return 0;
}

struct PackageVersion {
  std::string_view epoch = "0", upstream, revision = "0";
};

PackageVersion split_version(std::string_view text) {
  PackageVersion version;
  if (const size_t colon = text.find(':'); colon != text.npos) {
    version.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const size_t dash = text.rfind('-');
  version.upstream = text.substr(0, dash);
  if (dash != text.npos) version.revision = text.substr(dash + 1);
  return version;
}

/// `3.1` of `3.1.4`.
std::string_view branch_of(std::string_view version) {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

/// Whether the version is at least the first one of its branch that is fixed; or, of a branch that
/// never was, at least the newest of all.
bool is_fixed_upstream(std::string_view version, std::string_view fixed) {
  const auto versions = split(fixed, ' ');
  const auto own = std::ranges::find(versions, branch_of(version), branch_of);
  return compare_versions(version, own != versions.end() ? *own : versions.back()) >= 0;
}

}  // namespace

const std::vector<KnownHole>& known_holes() {
  static const std::vector<KnownHole> table = {
      {"sqlite", "CVE-2023-7104", "3.43.2", "3.40.1-2+deb12u1",
       "A crafted changeset can overflow a buffer."},
      {"sqlite", "CVE-2025-6965", "3.50.2", "3.40.1-2+deb12u2",
       "A statement with too many aggregates can corrupt memory."},
      {"libgit2", "CVE-2024-24577", "1.6.5 1.7.2", "1.5.1+ds-1+deb12u1",
       "A crafted index entry can corrupt memory."},
      {"libgit2", "CVE-2024-24575", "1.6.5 1.7.2", "1.5.1+ds-1+deb12u1",
       "A crafted name of a revision can make it loop for ever."},
      {"libcurl", "CVE-2023-38545", "8.4.0", "7.88.1-10+deb12u4",
       "A long host name can overflow a buffer behind a SOCKS5 proxy.", "7.69.0"},
      {"libcurl", "CVE-2024-2398", "8.7.0", "7.88.1-10+deb12u6",
       "A receiver can exhaust memory by headers of HTTP/2 pushes.", "7.44.0"},
      {"libcurl", "CVE-2024-7264", "8.9.1", "7.88.1-10+deb12u7",
       "A crafted certificate can be read past its end.", "7.32.0"},
      {"openssl", "CVE-2022-3602", "3.0.7", "3.0.7-1",
       "A crafted certificate can overflow a buffer.", "3.0.0"},
      {"openssl", "CVE-2023-0286", "3.0.8", "3.0.8-1",
       "A crafted certificate can make it read other memory.", "3.0.0"},
      {"openssl", "CVE-2023-5363", "3.0.12 3.1.4", "3.0.11-1~deb12u2",
       "Lengths of keys and initialization vectors can be wrong.", "3.0.0"},
      {"openssl", "CVE-2024-6119", "3.0.15 3.1.7 3.2.3 3.3.2", "3.0.14-1~deb12u2",
       "A crafted name in a certificate can end the process.", "3.0.0"},
      {"git", "CVE-2023-25652", "2.38.5 2.39.3 2.40.1", "1:2.39.5-0+deb12u1",
       "A crafted patch can write outside of the work tree."},
      {"git", "CVE-2024-32002", "2.39.4 2.40.2 2.41.1 2.42.2 2.43.4 2.44.1 2.45.1",
       "1:2.39.5-0+deb12u1", "Cloning a crafted repository with submodules can run its code."},
      {"openssh", "CVE-2023-48795", "9.6", "1:9.2p1-2+deb12u2",
       "Somebody between client and server can remove messages from the beginning of a session."},
      {"openssh", "CVE-2024-6387", "9.8", "1:9.2p1-2+deb12u3",
       "Whoever reaches sshd may be able to run code as root.", "8.5"},
      {"openssh", "CVE-2025-26465", "9.9p2", "1:9.2p1-2+deb12u5",
       "Somebody in between can pretend to be a server whose key is in the DNS.", "6.8"},
  };
  return table;
}

int compare_versions(std::string_view one, std::string_view other) {
  return compare_parts(one, other);
}

int compare_package_versions(std::string_view one, std::string_view other) {
  const PackageVersion a = split_version(one), b = split_version(other);
  std::string_view epoch_a = a.epoch, epoch_b = b.epoch;
  if (const int d = compare_numbers(take_number(epoch_a), take_number(epoch_b)); d != 0) return d;
  if (const int d = compare_parts(a.upstream, b.upstream); d != 0) return d;
  return compare_parts(a.revision, b.revision);
}

Findings judge_component(const Component& component) {
  const bool has_package = !component.package_version.empty();
  std::vector<std::string> ids, effects;
  for (const KnownHole& hole : known_holes()) {
    if (hole.component != component.name) continue;
    const bool is_fixed =
        has_package
            ? compare_package_versions(component.package_version, hole.debian_fixed) >= 0
            : is_fixed_upstream(component.version, hole.fixed) ||
                  (!hole.since.empty() && compare_versions(component.version, hole.since) < 0);
    if (is_fixed) continue;
    ids.emplace_back(hole.id);
    effects.emplace_back(hole.effect);
  }
  if (ids.empty()) return {};
  return {
      {"known_holes",
       component.name + " " + (has_package ? component.package_version : component.version) +
           " has " + join(ids, ", ") + " (by the table of " + std::string(known_holes_date) + ").",
       join(effects, " ") +
           (has_package ? ""
                        : " No package of Debian has it: a newer one comes from where it came."),
       (has_package ? "apt-get update && apt-get install --only-upgrade " + component.package + "\n"
                    : "") +
           "systemctl restart esclusa"}};
}

}  // namespace esclusa::core
