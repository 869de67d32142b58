#include "hooks/delivery.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/attempt_texts.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;

namespace {

const core::DestinationPolicy everywhere =
    core::DestinationPolicy::parse({"127.0.0.0/8", "::1/128"}).value();

const Timestamp signed_at = from_micros(1'614'265'330'000'000);

store::DueDelivery delivery(const std::string& body = "{}", const std::string& secret = "") {
  init_crypto();
  store::DueDelivery delivery;
  delivery.hook.id = {31};
  delivery.hook.url = "https://hooks.example/in?a=1";
  delivery.hook.content_type = core::HookContentType::json;
  delivery.hook.secret = Secret(secret);
  delivery.event.guid = "0b989ba4-242f-11e5-81e1-c7b6966d2516";
  delivery.event.kind = "deployment";
  delivery.hook.target = RepositoryId{7};
  delivery.event.event_no = 3;
  delivery.body = body;
  return delivery;
}

std::string header(const http::OutboundRequest& request, const char* name) {
  return std::string(request.headers.find(name).value_or("(absent)"));
}

bool allows(const http::OutboundRequest& request, uint32_t ipv4) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ipv4);
  return request.allow_address(reinterpret_cast<const sockaddr&>(address));
}

http::OutboundResponse answer(int status) {
  http::OutboundResponse response;
  response.status = status;
  return response;
}

http::OutboundResponse failure(http::OutboundFailure kind) {
  http::OutboundResponse response;
  response.failure = kind;
  response.failure_text = "libcurl's words";
  return response;
}

}  // namespace

TEST_CASE("make_request: GitHub's headers, and the frozen body") {
  const auto request = hooks::make_request(delivery(R"({"a": 1.0})"), everywhere, signed_at);
  CHECK(request.method == "POST");
  CHECK(request.url == "https://hooks.example/in?a=1");
  CHECK(request.body == R"({"a": 1.0})");
  CHECK(header(request, "Content-Type") == "application/json");
  CHECK(header(request, "Accept") == "*/*");
  CHECK(header(request, "User-Agent").starts_with("GitHub-Hookshot/"));
  CHECK(header(request, "X-GitHub-Delivery") == "0b989ba4-242f-11e5-81e1-c7b6966d2516");
  CHECK(header(request, "X-GitHub-Event") == "deployment");
  CHECK(header(request, "X-GitHub-Hook-ID") == "31");
  CHECK(header(request, "X-GitHub-Hook-Installation-Target-ID") == "7");
  CHECK(header(request, "X-GitHub-Hook-Installation-Target-Type") == "repository");
  CHECK(header(request, "X-Esclusa-Event-Number") == "3");
  CHECK(header(request, "X-Hub-Signature") == "(absent)");
  CHECK(header(request, "X-Hub-Signature-256") == "(absent)");
  CHECK(request.total_time == limits::delivery_time);
}

TEST_CASE("make_request: an event without a deployment has no number") {
  auto ping = delivery();
  ping.event.event_no = 0;
  CHECK(header(hooks::make_request(ping, everywhere, signed_at), "X-Esclusa-Event-Number") ==
        "(absent)");
}

TEST_CASE("make_request: signs as GitHub's documentation shows") {
  const auto request = hooks::make_request(delivery("Hello, World!", "It's a Secret to Everybody"),
                                           everywhere, signed_at);
  CHECK(header(request, "X-Hub-Signature-256") ==
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
  CHECK(header(request, "X-Hub-Signature") ==
        "sha1=" + hmac_sha1_hex("It's a Secret to Everybody", "Hello, World!"));
}

TEST_CASE("make_request: signs as the specification of Standard Webhooks shows") {
  auto given = delivery(R"({"test": 2432232314})", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  given.event.guid = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  const auto request = hooks::make_request(given, everywhere, signed_at);
  CHECK(header(request, "webhook-id") == "msg_p5jXN8AQM9LWM0D4loKWxJek");
  CHECK(header(request, "webhook-timestamp") == "1614265330");
  CHECK(header(request, "webhook-signature") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("make_request: both secrets sign during a rotation, GitHub's headers use the new one") {
  auto given = delivery("{}", "new");
  const auto by_new =
      header(hooks::make_request(given, everywhere, signed_at), "webhook-signature");
  auto old = delivery("{}", "old");
  const auto by_old = header(hooks::make_request(old, everywhere, signed_at), "webhook-signature");
  given.hook.former_secret = {Secret("old"), signed_at + std::chrono::seconds(1)};
  auto request = hooks::make_request(given, everywhere, signed_at);
  CHECK(header(request, "webhook-signature") == by_new + " " + by_old);
  CHECK(header(request, "X-Hub-Signature-256") == "sha256=" + hmac_sha256_hex("new", "{}"));
  given.hook.former_secret->until = signed_at;
  request = hooks::make_request(given, everywhere, signed_at);
  CHECK(header(request, "webhook-signature") == by_new);
}

TEST_CASE("make_request: without a secret nothing is signed") {
  const auto request = hooks::make_request(delivery(), everywhere, signed_at);
  for (const char* name : {"X-Hub-Signature", "X-Hub-Signature-256", "webhook-signature"}) {
    CHECK(header(request, name) == "(absent)");
  }
}

TEST_CASE("make_request: says what the deployment repeats, and nothing of one that does not") {
  auto back = delivery();
  const auto plain = hooks::make_request(back, everywhere, signed_at);
  CHECK(header(plain, "X-Esclusa-Kind") == "(absent)");
  CHECK(header(plain, "X-Esclusa-Origin") == "(absent)");
  back.repeats = core::Repeats{core::DeploymentKind::rollback, {7}};
  const auto request = hooks::make_request(back, everywhere, signed_at);
  CHECK(header(request, "X-Esclusa-Kind") == "rollback");
  CHECK(header(request, "X-Esclusa-Origin") == "7");
  CHECK(request.body == plain.body);
}

TEST_CASE("make_request: names the deployment that supersedes this one") {
  auto late = delivery();
  CHECK(header(hooks::make_request(late, everywhere, signed_at), "X-Esclusa-Superseded-By") ==
        "(absent)");
  late.superseded_by = DeploymentId{12};
  CHECK(header(hooks::make_request(late, everywhere, signed_at), "X-Esclusa-Superseded-By") ==
        "12");
}

TEST_CASE("make_request: an organization's hook has the target type organization") {
  auto given = delivery();
  given.hook.target = AccountId{9};
  const auto request = hooks::make_request(given, everywhere, signed_at);
  CHECK(header(request, "X-GitHub-Hook-Installation-Target-Type") == "organization");
  CHECK(header(request, "X-GitHub-Hook-Installation-Target-ID") == "9");
}

TEST_CASE("make_request: the hook of an app has the target type integration, and an installation") {
  auto given = delivery(R"({"action":"created","sender":{"id":1}})", "a secret");
  given.hook.target = AppId{4};
  given.installation_id = InstallationId{1};
  const auto request = hooks::make_request(given, everywhere, signed_at);
  CHECK(header(request, "X-GitHub-Hook-Installation-Target-Type") == "integration");
  CHECK(header(request, "X-GitHub-Hook-Installation-Target-ID") == "4");
  CHECK(request.body == R"({"action":"created","sender":{"id":1},"installation":{"id":1,)"
                        R"("node_id":"MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMQ=="}})");
  CHECK(header(request, "X-Hub-Signature-256") ==
        "sha256=" + hmac_sha256_hex("a secret", request.body));
}

TEST_CASE("retry_after: seconds or a date, a day at most, nullopt for an invalid value") {
  auto pause = [](const std::string& value) {
    auto response = answer(503);
    response.headers.add("Retry-After", value);
    return hooks::retry_after(response, from_micros(784'111'777'000'000));
  };
  CHECK(pause("120") == std::chrono::seconds(120));
  CHECK(pause("Sun, 06 Nov 1994 08:50:37 GMT") == std::chrono::seconds(60));
  CHECK(pause("99999999999") == std::chrono::hours(24));
  CHECK(pause("Sat, 06 Nov 2004 08:49:37 GMT") == std::chrono::hours(24));
  for (const char* nonsense : {"", "soon", "-1", "0", "Sun, 06 Nov 1994 08:49:36 GMT"}) {
    CAPTURE(nonsense);
    CHECK_FALSE(pause(nonsense).has_value());
  }
  CHECK_FALSE(hooks::retry_after(answer(503), at(0)).has_value());
}

TEST_CASE("make_request: form encoding wraps the body, and the signature is of the sent bytes") {
  auto form = delivery(R"({"a":"b &+=%ä"})", "secret");
  form.hook.content_type = core::HookContentType::form;
  const auto request = hooks::make_request(form, everywhere, signed_at);
  CHECK(header(request, "Content-Type") == "application/x-www-form-urlencoded");
  CHECK(request.body == "payload=%7B%22a%22%3A%22b%20%26%2B%3D%25%C3%A4%22%7D");
  const auto parameters = http::parse_query(request.body);
  CHECK(http::find_parameter(parameters, "payload") == form.body);
  CHECK(header(request, "X-Hub-Signature-256") ==
        "sha256=" + hmac_sha256_hex("secret", request.body));
}

TEST_CASE("make_request: the credentials of the URL are sent as Basic, and never stored") {
  auto authorization = [](const std::string& credentials) {
    auto one = delivery();
    one.hook.credentials = Secret(credentials);
    const auto request = hooks::make_request(one, everywhere, signed_at);
    CHECK(request.url == "https://hooks.example/in?a=1");
    const auto attempt = hooks::make_attempt(request, answer(200), signed_at);
    CHECK(ascii_lower(attempt.request_headers).find("authorization") == std::string::npos);
    CHECK(attempt.url == request.url);
    return header(request, "Authorization");
  };
  CHECK(authorization("") == "(absent)");
  CHECK(authorization("ada:secret") == "Basic " + base64("ada:secret"));
  CHECK(authorization("token") == "Basic " + base64("token:"));
  CHECK(authorization(":secret") == "Basic " + base64(":secret"));
  CHECK(authorization("a%40b:p%C3%A4%0d%0aX: y") == "Basic " + base64("a@b:p\xC3\xA4\r\nX: y"));
}

TEST_CASE("pack: the headers that were sent are made again byte by byte, for each kind of hook") {
  const core::HookTarget targets[] = {RepositoryId{7}, AccountId{8}, AppId{9}};
  size_t rebuilt = 0, all = 0;
  for (const auto& target : targets) {
    for (const auto type : {core::HookContentType::json, core::HookContentType::form}) {
      for (const char* secret : {"", "secret"}) {
        for (const char* credentials : {"", "ada:secret"}) {
          auto one = delivery("{}", secret);
          one.hook.target = target;
          one.hook.content_type = type;
          one.hook.credentials = Secret(credentials);
          one.event.event_no = static_cast<int64_t>(all % 3);
          if (all % 2 == 1) one.superseded_by = DeploymentId{41};
          const Timestamp at = signed_at + std::chrono::microseconds(999'999);
          const auto request = hooks::make_request(one, everywhere, at);
          const auto attempt = hooks::make_attempt(request, answer(200), at);
          const auto packed = store::pack(one, attempt);
          const auto read = store::unpack_attempt(
              {.guid = one.event.guid,
               .kind = one.event.kind,
               .event_no = one.event.event_no,
               .hook = one.hook.id,
               .target = one.hook.target,
               .at = at},
              {packed.codec,
               {packed.request_headers, packed.response_headers, packed.response_body}});
          CHECK(read.request_headers == attempt.request_headers);
          CHECK(packed.request_headers.size() < 20);
          rebuilt += (packed.codec & 1) != 0 ? 1 : 0;
          ++all;
        }
      }
    }
  }
  CHECK(rebuilt == all);
}

TEST_CASE("pack: headers in which credentials are masked are stored as they are shown") {
  const auto one = delivery();
  const auto request = hooks::make_request(one, everywhere, signed_at);
  auto attempt = hooks::make_attempt(request, answer(200), signed_at);
  attempt.request_headers.replace(attempt.request_headers.find("0b98"), 4, "********");
  const auto packed = store::pack(one, attempt);
  CHECK((packed.codec & 1) == 0);
  CHECK(packed.request_headers == attempt.request_headers);
}

TEST_CASE("make_request: TLS is verified unless the hook says otherwise") {
  auto hook = delivery();
  CHECK(hooks::make_request(hook, everywhere, signed_at).verify_tls);
  hook.hook.insecure_ssl = true;
  CHECK_FALSE(hooks::make_request(hook, everywhere, signed_at).verify_tls);
}

TEST_CASE("make_request: the address is judged by the policy, IPv6 and mapped IPv4 included") {
  const auto nothing = core::DestinationPolicy::parse({}).value();
  const auto closed = hooks::make_request(delivery(), nothing, signed_at);
  const auto open = hooks::make_request(delivery(), everywhere, signed_at);
  CHECK_FALSE(allows(closed, INADDR_LOOPBACK));
  CHECK(allows(open, INADDR_LOOPBACK));
  CHECK(allows(closed, 0x08080808));
  CHECK_FALSE(allows(open, 0xa9fea9fe));  // 169.254.169.254

  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_addr = in6addr_loopback;
  CHECK_FALSE(closed.allow_address(reinterpret_cast<const sockaddr&>(six)));
  CHECK(open.allow_address(reinterpret_cast<const sockaddr&>(six)));
  const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  std::copy(std::begin(mapped), std::end(mapped), six.sin6_addr.s6_addr);
  CHECK_FALSE(open.allow_address(reinterpret_cast<const sockaddr&>(six)));
  sockaddr other{};
  other.sa_family = AF_UNIX;
  CHECK_FALSE(open.allow_address(other));
}

TEST_CASE("is_delivered: any 2xx, and nothing else") {
  for (int status : {200, 201, 204, 299}) CHECK(hooks::is_delivered(answer(status)));
  for (int status : {0, 100, 199, 300, 301, 304, 400, 404, 500}) {
    CAPTURE(status);
    CHECK_FALSE(hooks::is_delivered(answer(status)));
  }
  auto cut = failure(http::OutboundFailure::other);
  cut.status = 200;
  CHECK_FALSE(hooks::is_delivered(cut));
}

TEST_CASE("make_attempt: GitHub's status words for each outcome") {
  const auto request = hooks::make_request(delivery(), everywhere, signed_at);
  auto attempt = [&](const http::OutboundResponse& response) {
    return hooks::make_attempt(request, response, at(1));
  };
  CHECK(attempt(answer(204)).status == "OK");
  CHECK(attempt(answer(204)).status_code == 204);
  CHECK(attempt(answer(403)).status == "Invalid HTTP Response: 403");
  CHECK(attempt(answer(403)).status_code == 403);
  CHECK(attempt(answer(302)).status == "Invalid HTTP Response: 302");
  using http::OutboundFailure;
  CHECK(attempt(failure(OutboundFailure::timed_out)).status == "timed out");
  CHECK(attempt(failure(OutboundFailure::could_not_connect)).status == "failed to connect to host");
  CHECK(attempt(failure(OutboundFailure::tls)).status == "TLS failure");
  CHECK(attempt(failure(OutboundFailure::refused_address)).status ==
        "address not allowed by webhooks.allow");
  for (auto kind :
       {OutboundFailure::timed_out, OutboundFailure::could_not_connect, OutboundFailure::tls,
        OutboundFailure::refused_address, OutboundFailure::other}) {
    CHECK(attempt(failure(kind)).status_code == 502);
  }
}

TEST_CASE("make_attempt: keeps the request and the response, but no signature") {
  auto response = answer(200);
  response.headers = {{"X-Answer", "a\"b"}, {"X-Odd", "\xff"}};
  response.body = "thanks ä";
  response.duration = std::chrono::microseconds(77);
  const auto request = hooks::make_request(delivery("{}", "secret"), everywhere, signed_at);
  const auto attempt = hooks::make_attempt(request, response, at(5));
  CHECK(attempt.attempted_at == at(5));
  CHECK(attempt.url == request.url);
  CHECK(attempt.duration == std::chrono::microseconds(77));
  CHECK(attempt.response_headers == R"({"X-Answer":"a\"b","X-Odd":"?"})");
  CHECK(attempt.response_body == "thanks ä");
  CHECK(attempt.request_headers.find(R"("X-GitHub-Event":"deployment")") != std::string::npos);
  CHECK(ascii_lower(attempt.request_headers).find("signature") == std::string::npos);
}

TEST_CASE("make_attempt: masks credentials that a receiver echoes") {
  auto one = delivery();
  one.hook.credentials = Secret("ada:s?cret~>");  // with a slash and a plus in base64
  const auto request = hooks::make_request(one, everywhere, signed_at);
  const std::string sent = header(request, "Authorization");
  const std::string pair = sent.substr(sent.find(' ') + 1);
  REQUIRE(pair == base64("ada:s?cret~>"));
  auto response = answer(200);
  auto kept = [&](const std::string& body) {
    response.body = body;
    return hooks::make_attempt(request, response, signed_at).response_body;
  };
  CHECK(kept("got " + sent + ", " + pair + "!") == "got Basic ********, ********!");
  CHECK(kept("token=" + percent_encode(pair)) == "token=********");
  std::string in_json;
  for (const char c : pair) in_json += c == '/' ? std::string("\\/") : std::string(1, c);
  CHECK(kept("{\"it\":\"" + in_json + "\"}") == "{\"it\":\"********\"}");
  // A response that is cut inside the credentials shows no part of them.
  const std::string filler(limits::kept_response_bytes - 10, '-');
  const std::string cut = kept(filler + pair.substr(0, 10));
  CHECK(cut == filler + "********");
  CHECK(kept(std::string(limits::kept_response_bytes - 3, '-') + pair).size() ==
        limits::kept_response_bytes);
  response.headers = {{"X-Echo", sent}, {"X-Bare", pair}};
  CHECK(hooks::make_attempt(request, response, signed_at).response_headers ==
        R"({"X-Echo":"Basic ********","X-Bare":"********"})");
}

TEST_CASE("make_attempt: does not store a response that is not text, and cuts a long one") {
  const auto request = hooks::make_request(delivery(), everywhere, signed_at);
  auto body = [&](const std::string& text) {
    auto response = answer(200);
    response.body = text;
    return hooks::make_attempt(request, response, at(1)).response_body;
  };
  CHECK(body("\xff\xfe") == "(not text)");
  CHECK(body(std::string("a\0b", 3)) == "(not text)");
  CHECK(body(std::string(limits::kept_response_bytes + 10, 'x')) ==
        std::string(limits::kept_response_bytes, 'x'));
}

TEST_CASE("make_attempt: a response that is cut inside a character is still text") {
  const auto request = hooks::make_request(delivery(), everywhere, signed_at);
  auto response = answer(200);
  response.body = std::string(limits::kept_response_bytes - 1, 'x') + "ä";
  CHECK(hooks::make_attempt(request, response, at(1)).response_body ==
        std::string(limits::kept_response_bytes - 1, 'x'));
}
