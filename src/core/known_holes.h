#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/finding.h"

/// Versions of libraries and programs with known security holes, by a table with a date.
namespace esclusa::core {

/// A hole: `fixed` has the first upstream versions without it, one for each branch that was
/// corrected (`3.0.12 3.1.4`, ascending); `debian_fixed` is the first version of Debian 12's
/// package, which has the correction without upstream's new version.
struct KnownHole {
  std::string_view component;  ///< `openssl`
  std::string_view id;         ///< `CVE-2023-5363`
  std::string_view fixed;
  std::string_view debian_fixed;
  std::string_view effect;
  std::string_view since = "";  ///< the first upstream version with it; empty: all before
};

/// When somebody last compared the table with what was published.
inline constexpr std::string_view known_holes_date = "2026-11-30";
const std::vector<KnownHole>& known_holes();

/// What is installed and runs.
struct Component {
  std::string name;                  ///< as in the table
  std::string version;               ///< upstream's, as the component itself says
  std::string package = {};          ///< Debian's, if dpkg knows it
  std::string package_version = {};  ///< empty: dpkg does not know it
};

/// Compares upstream versions such as `3.40.1`, `9.2p1` or `1.1.1w`: numbers as numbers, letters as
/// letters. Below 0 if the first is the older one.
int compare_versions(std::string_view one, std::string_view other);

/// Compares versions of Debian packages by dpkg's rules, with epoch and `~`.
int compare_package_versions(std::string_view one, std::string_view other);

/// The holes that the component has: by the version of its package if dpkg knows it, otherwise by
/// upstream's.
Findings judge_component(const Component& component);

}  // namespace esclusa::core
