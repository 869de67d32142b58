#include "base/digest.h"

#include <doctest/doctest.h>

#include "base/crypto.h"

using namespace esclusa;

TEST_CASE("digest: pieces give the same digest as the whole, and more can follow") {
  const std::string text(100'000, 'x');
  Sha256 digest;
  CHECK(digest.hex() == hex(sha256("")));
  digest.add(std::string_view(text).substr(0, 1));
  CHECK(digest.hex() == hex(sha256("x")));
  digest.add(std::string_view(text).substr(1));
  CHECK(digest.hex() == hex(sha256(text)));
  CHECK(digest.size() == 100'000);
}
