#include "base/recent_map.h"

#include <doctest/doctest.h>

#include <string>

using namespace esclusa;

TEST_CASE("RecentMap: makes a value once, and keeps it") {
  RecentMap<std::string, int> map(3);
  CHECK(map.find("a") == nullptr);
  CHECK(map.at("a") == 0);
  map.at("a") = 7;
  CHECK(map.at("a") == 7);
  CHECK(*map.find("a") == 7);
  CHECK(map.size() == 1);
}

TEST_CASE("RecentMap: a new key evicts the least recently used one") {
  RecentMap<std::string, int> map(2);
  map.at("a") = 1;
  map.at("b") = 2;
  CHECK(map.find("a") != nullptr);  // now b is the least recently used
  map.at("c") = 3;
  CHECK(map.size() == 2);
  CHECK(map.find("b") == nullptr);
  CHECK(map.at("a") == 1);
  CHECK(map.at("c") == 3);
  CHECK(map.at("b") == 0);  // a new value
}

TEST_CASE("RecentMap: keeps no more entries than its capacity after ten thousand keys") {
  RecentMap<int, int> map(100);
  for (int key = 0; key < 10'000; ++key) map.at(key) = key;
  CHECK(map.size() == 100);
  CHECK(map.find(9'899) == nullptr);
  CHECK(*map.find(9'900) == 9'900);
}
