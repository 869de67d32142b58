#include "core/name_search.h"

#include <doctest/doctest.h>

using esclusa::core::parse_name_search;

TEST_CASE("parse_name_search: words are case-folded, an owner is named by user: or org:") {
  const auto search = parse_name_search("  Shop in:name,description org:Demo front ");
  CHECK(search.words == std::vector<std::string>{"shop", "front"});
  CHECK(search.owner == "demo");
  CHECK(parse_name_search("user:Ada").owner == "ada");
  CHECK(parse_name_search("user:Ada").words.empty());
}

TEST_CASE("parse_name_search: any other qualifier is a word that no name contains") {
  CHECK(parse_name_search("stars:>10").words == std::vector<std::string>{"stars:>10"});
  CHECK(parse_name_search(" ").words.empty());
}
