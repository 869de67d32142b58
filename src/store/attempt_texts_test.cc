#include "store/attempt_texts.h"

#include <doctest/doctest.h>

#include "support/captured_log.h"

using namespace esclusa;
using store::AttemptTexts;
using store::pack_attempt;
using store::unpack_attempt;

namespace {

const core::AttemptFacts facts = {.guid = "0b989ba4-242f-11e5-81e1-c7b6966d2516",
                                  .kind = "deployment",
                                  .event_no = 3,
                                  .hook = {9},
                                  .target = RepositoryId{7},
                                  .at = from_micros(1'700'000'000'000'000)};
const std::string request = core::shown_request_headers(facts, {.is_signed = true});
const std::string response =
    R"({"Server":"nginx/1.22.1","Date":"Mon, 30 Nov 2026 12:34:56 GMT",)"
    R"("Content-Type":"text/plain","Content-Length":"2","Connection":"keep-alive"})";

void check_same(const AttemptTexts& texts) {
  const AttemptTexts read = unpack_attempt(facts, pack_attempt(facts, texts));
  CHECK(read.request_headers == texts.request_headers);
  CHECK(read.response_headers == texts.response_headers);
  CHECK(read.response_body == texts.response_body);
}

}  // namespace

TEST_CASE("pack_attempt: what a usual receiver answers takes 50 bytes instead of 600") {
  const auto stored = pack_attempt(facts, {request, response, "ok"});
  CHECK(stored.codec == 3);
  CHECK(request.size() + response.size() > 550);
  CHECK(stored.texts.request_headers == "1js");
  CHECK(stored.texts.response_headers.size() <= 48);
  CHECK(stored.texts.response_body.empty());
  check_same({request, response, "ok"});
}

TEST_CASE("pack_attempt: any texts are read as they were written") {
  for (const std::string& shown :
       {request, std::string("{}"), std::string(), std::string(R"({"X-Other":"********"})")}) {
    for (const std::string& headers : {response, std::string("{}"), std::string()}) {
      for (const std::string& body :
           {std::string(), std::string("ok"), std::string("\n\nü\n"), std::string(30'000, 'x')}) {
        check_same({shown, headers, body});
      }
    }
  }
}

TEST_CASE("pack_attempt: what would not get smaller stays") {
  const auto stored = pack_attempt(facts, {"{}", "{}", ""});
  CHECK(stored.codec == 0);
  CHECK(stored.texts.response_headers == "{}");
}

TEST_CASE("unpack_attempt: a damaged row is an error in the log") {
  AttemptTexts read;
  for (const store::StoredTexts& stored :
       {store::StoredTexts{3, {"9x", "no base64", ""}}, store::StoredTexts{3, {"", "AAAA", ""}}}) {
    const std::string log = test::captured_log([&] { read = unpack_attempt(facts, stored); });
    CHECK(log.contains("the texts of an attempt are damaged"));
    CHECK(read.request_headers == "{}");
    CHECK(read.response_headers == "{}");
  }
}

TEST_CASE("pack_attempt: the dictionary never changes, because stored rows need it") {
  const AttemptTexts read =
      unpack_attempt(facts, {3, {"1js", "KLUv/SCOvQAAUDMwMTI6MzQ6NTYDABExk6+WDUceEwQ=", ""}});
  CHECK(read.request_headers == request);
  CHECK(read.response_headers == response);
  CHECK(read.response_body == "ok");
}
