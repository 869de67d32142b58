#include "base/fair_share.h"

#include <doctest/doctest.h>

#include <string>

namespace esclusa {

TEST_CASE("FairShare: there is room until the capacity is taken, whoever takes it") {
  FairShare<std::string> share(3);
  CHECK(share.has_room(3));
  CHECK_FALSE(share.has_room(4));
  share.take("a", 2);
  share.take("b");
  CHECK_FALSE(share.has_room());
  CHECK(share.taken() == 3);
  share.give_back("a");
  CHECK(share.has_room());
  CHECK(share.of("a") == 1);
  CHECK(share.of("nobody") == 0);
}

TEST_CASE("FairShare: the owner with the most gives way to those who would have less") {
  FairShare<std::string> share(4);
  share.take("greedy", 3);
  share.take("other");
  CHECK(share.who_yields("new") == "greedy");
  CHECK(share.who_yields("other") == "greedy");
  CHECK(share.who_yields("greedy") == "greedy");
  CHECK(share.who_yields("new", 3) == "new");  // it would have as much as the greedy one
}

TEST_CASE("FairShare: among equals, the one who asks gives way") {
  FairShare<std::string> share(2);
  share.take("a");
  share.take("b");
  CHECK(share.who_yields("c") == "c");
  CHECK(share.who_yields("a") == "a");
}

TEST_CASE("FairShare: whoever takes for good always leaves something to others") {
  FairShare<int> share(8);
  for (int taker = 0; taker < 20; ++taker) {
    while (share.may_take(taker)) share.take(taker);
  }
  CHECK(share.of(0) == 4);
  CHECK(share.of(1) == 2);
  CHECK(share.of(2) == 1);
  CHECK(share.of(3) == 1);
  CHECK(share.taken() == 8);
}

TEST_CASE("FairShare: whoever gave everything back is not the largest any more") {
  FairShare<std::string> share(4);
  share.take("a", 4);
  share.give_back("a", 4);
  share.take("b", 2);
  CHECK(share.taken() == 2);
  CHECK(share.who_yields("c") == "b");
}

}  // namespace esclusa
