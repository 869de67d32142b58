#include "http/request_parser.h"

#include <doctest/doctest.h>

namespace esclusa::http {
namespace {

const ServerLimits limits;

RequestParser::Step feed_all(RequestParser& parser, std::string_view bytes) {
  return parser.feed(bytes);
}

// Offers one more byte at a time, as a slow network would.
RequestParser::Step trickle(RequestParser& parser, std::string_view bytes) {
  std::string pending;
  RequestParser::Step step;
  for (char byte : bytes) {
    pending += byte;
    step = parser.feed(pending);
    pending.erase(0, step.used);
    if (step.complete || step.refusal != 0) break;
  }
  return step;
}

int refusal_of(std::string_view bytes, const ServerLimits& bounds = limits) {
  RequestParser whole(bounds), slow(bounds);
  int refusal = feed_all(whole, bytes).refusal;
  int slow_refusal = trickle(slow, bytes).refusal;
  CHECK((slow_refusal == refusal || (slow_refusal == 0 && slow.started())));  // waits for more
  return refusal;
}

}  // namespace

TEST_CASE("RequestParser: reads a request however its bytes are split") {
  std::string_view bytes =
      "\r\nPOST /a?b HTTP/1.1\r\nHost: h\r\nX-One:  two \r\nContent-Length: 5\r\n\r\nhello";
  for (auto feed : {feed_all, trickle}) {
    RequestParser parser(limits);
    CHECK(feed(parser, bytes).complete);
    CHECK(parser.request().method == "POST");
    CHECK(parser.request().target == "/a?b");
    CHECK(parser.request().headers.find("x-one") == "two");
    CHECK(parser.request().body == "hello");
    CHECK(parser.keep_alive());
  }
}

TEST_CASE("RequestParser: does not consume the bytes of the next request") {
  RequestParser parser(limits);
  std::string_view one = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n";
  auto step = parser.feed(std::string(one) + "GET /2");
  CHECK(step.complete);
  CHECK(step.used == one.size());
}

TEST_CASE("RequestParser: chunks are joined, and trailers do not become header fields") {
  for (auto feed : {feed_all, trickle}) {
    RequestParser parser(limits);
    auto step = feed(parser,
                     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: forged\r\n\r\n");
    CHECK(step.complete);
    CHECK(parser.request().body == "abcde");
    CHECK_FALSE(parser.request().headers.has("Authorization"));
  }
}

TEST_CASE("RequestParser: the authority of an absolute target becomes Host") {
  RequestParser parser(limits);
  CHECK(parser.feed("GET http://a.example:80?x HTTP/1.1\r\nHost: b.example\r\n\r\n").complete);
  CHECK(parser.request().target == "/?x");
  CHECK(parser.request().headers.find("Host") == "a.example:80");
}

TEST_CASE("RequestParser: malformed requests are refused with 400") {
  for (std::string_view bytes : {
           "nonsense\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\nHost: h\n\n",
           "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nA: b\x01\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
       }) {
    CAPTURE(bytes);
    CHECK(refusal_of(bytes) == 400);
  }
}

TEST_CASE("RequestParser: each limit has its own status") {
  ServerLimits small;
  small.header_bytes = 200;
  small.target_bytes = 50;
  small.body_bytes = 10;
  std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(refusal_of("GET /" + std::string(60, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", small) == 414);
  CHECK(refusal_of("GET /" + std::string(49, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", small) == 0);
  CHECK(refusal_of("GET /" + std::string(300, 'a'), small) == 414);
  CHECK(refusal_of(post + "A: " + std::string(300, 'a') + "\r\n\r\n", small) == 431);
  CHECK(refusal_of(post + "Content-Length: 11\r\n\r\n", small) == 413);
  CHECK(refusal_of(post + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n", small) == 413);
  CHECK(refusal_of(post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", small) == 413);
  CHECK(refusal_of(post + "Content-Length: 10\r\n\r\n0123456789", small) == 0);
}

TEST_CASE("RequestParser: small fields are counted together, also in trailers and extensions") {
  ServerLimits small;
  small.header_bytes = 200;
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
  std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(refusal_of(post + fields, small) == 431);
  // Split so that each piece is one whole field: every piece is within the limit.
  RequestParser parser(small);
  int refusal = parser.feed(post + "A").refusal;
  for (int i = 0; i < 100 && refusal == 0; ++i) refusal = parser.feed("A: b\r\nA").refusal;
  CHECK(refusal == 431);
  std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(refusal_of(chunked + "0\r\n" + fields, small) != 0);
  CHECK(refusal_of(chunked + "1;" + std::string(300, 'x'), small) == 400);
}

TEST_CASE("RequestParser: HTTP/1.0 needs no Host, and closes unless asked not to") {
  RequestParser parser(limits);
  CHECK(parser.feed("GET / HTTP/1.0\r\n\r\n").complete);
  CHECK_FALSE(parser.keep_alive());
  parser.restart();
  CHECK(parser.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").complete);
  CHECK(parser.keep_alive());
  CHECK(parser.is_http_1_0());
}

TEST_CASE("RequestParser: restart clears the request, and keeps the peer") {
  RequestParser parser(limits);
  parser.request().peer = "192.0.2.1";
  CHECK(parser.feed("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").complete);
  parser.restart();
  CHECK_FALSE(parser.started());
  CHECK(parser.feed("GET /b HTTP/1.1\r\nHost: h\r\n\r\n").complete);
  CHECK(parser.request().body == "");
  CHECK_FALSE(parser.request().headers.has("Content-Length"));
  CHECK(parser.request().peer == "192.0.2.1");
}

}  // namespace esclusa::http
