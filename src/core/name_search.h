#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace esclusa::core {

/// What somebody searches for by name. All texts are case-folded.
struct NameSearch {
  std::vector<std::string> words;  ///< the name contains each of them
  std::string owner;               ///< the login of the owner; empty for any
};

/// Reads a query of GitHub's search: words, `user:LOGIN` and `org:LOGIN`. `in:…` is ignored. No
/// name contains a colon, so nothing is found by a query with any other qualifier.
NameSearch parse_name_search(std::string_view query);

}  // namespace esclusa::core
