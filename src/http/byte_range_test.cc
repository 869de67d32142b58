#include "http/byte_range.h"

#include <doctest/doctest.h>

using namespace esclusa;
using http::ByteRange;
using http::parse_byte_range;

TEST_CASE("parse_byte_range: from N, from N to M, and the last N bytes, cut at the size") {
  CHECK(parse_byte_range("bytes=0-", 10) == ByteRange{0, 10});
  CHECK(parse_byte_range("bytes=4-", 10) == ByteRange{4, 10});
  CHECK(parse_byte_range("Bytes=2-4", 10) == ByteRange{2, 5});
  CHECK(parse_byte_range("bytes=2-99", 10) == ByteRange{2, 10});
  CHECK(parse_byte_range("bytes=2-9223372036854775807", 10) == ByteRange{2, 10});
  CHECK(parse_byte_range("bytes=-3", 10) == ByteRange{7, 10});
  CHECK(parse_byte_range("bytes=-99", 10) == ByteRange{0, 10});
}

TEST_CASE("parse_byte_range: a range beyond the end is empty") {
  for (const char* field : {"bytes=10-", "bytes=99-100", "bytes=-0"}) {
    const auto range = parse_byte_range(field, 10);
    REQUIRE(range);
    CHECK(range->begin >= range->end);
  }
}

TEST_CASE("parse_byte_range: a malformed range, or one of another unit, counts as absent") {
  for (const char* field :
       {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=1", "lines=1-2", "bytes=0-1,3-4",
        "bytes=-1-2", "bytes=1-99999999999999999999"}) {
    CAPTURE(field);
    CHECK_FALSE(parse_byte_range(field, 10));
  }
}

TEST_CASE("set_range: 206 with the part, 416 with the size") {
  http::Response part{200, {{"Content-Type", "text/plain"}}};
  http::set_range(part, {2, 5}, 10);
  CHECK(part.status == 206);
  CHECK(part.headers.find("Content-Range") == "bytes 2-4/10");
  http::Response none;
  http::set_range(none, {10, 10}, 10);
  CHECK(none.status == 416);
  CHECK(none.headers.find("Content-Range") == "bytes */10");
}
