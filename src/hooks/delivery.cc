#include "hooks/delivery.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/delivery_headers.h"
#include "wire/event_body.h"

namespace esclusa::hooks {
namespace {

std::optional<core::NetworkAddress> address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    uint8_t octets[4];
    std::memcpy(octets, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, sizeof octets);
    return core::NetworkAddress::from_ipv4(octets);
  }
  if (address.sa_family == AF_INET6) {
    core::NetworkAddress result;
    std::memcpy(result.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr,
                result.bytes.size());
    return result;
  }
  return std::nullopt;
}

/// The request's credentials in base64, in each form in which receivers echo them. The padding is
/// removed, because some receivers leave it out.
std::vector<std::string> sent_credentials(const http::OutboundRequest& request) {
  const auto field = request.headers.find("Authorization");
  if (!field) return {};
  std::string_view text = *field;
  if (const size_t blank = text.rfind(' '); blank != text.npos) text.remove_prefix(blank + 1);
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.empty()) return {};
  std::string in_json;  // escaped as by PHP
  for (const char c : text) in_json += c == '/' ? std::string("\\/") : std::string(1, c);
  return {std::string(text), in_json, percent_encode(text)};
}

/// `text` with the mask in place of the credentials. `is_cut`: the text was truncated, and its last
/// characters may be a part of the credentials.
std::string without_credentials(std::string text, const std::vector<std::string>& credentials,
                                bool is_cut = false) {
  constexpr size_t min_masked = 4;  // shorter base64 reveals under three bytes
  for (const std::string& secret : credentials) {
    for (size_t at = text.find(secret); at != text.npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), core::masked_credentials);
      at += core::masked_credentials.size();
    }
    if (!is_cut) continue;
    for (size_t size = std::min(secret.size(), text.size()); size >= min_masked; --size) {
      if (!text.ends_with(secret.substr(0, size))) continue;
      text.replace(text.size() - size, size, core::masked_credentials);
      break;
    }
  }
  return text;
}

/// The headers as a JSON object. Values come from receivers and need not be UTF-8.
std::string headers_json(const http::Headers& headers,
                         const std::vector<std::string>& credentials) {
  std::string json = "{";
  for (const http::Header& header : headers) {
    const std::string name = ascii_lower(header.name);
    if (name.starts_with("x-hub-signature") || name == "webhook-signature") continue;
    if (name == "authorization") continue;
    if (json.size() > 1) json += ',';
    append_json_string(json, is_utf8(header.name) ? header.name : "?");
    json += ':';
    append_json_string(
        json, is_utf8(header.value) ? without_credentials(header.value, credentials) : "?");
  }
  return json + "}";
}

std::string status_text(const http::OutboundResponse& response) {
  switch (response.failure) {
    case http::OutboundFailure::none: break;
    case http::OutboundFailure::timed_out: return "timed out";
    case http::OutboundFailure::refused_address: return "address not allowed by webhooks.allow";
    case http::OutboundFailure::tls: return "TLS failure";
    case http::OutboundFailure::could_not_connect:
    case http::OutboundFailure::other: return "failed to connect to host";
  }
  return is_delivered(response) ? "OK"
                                : "Invalid HTTP Response: " + std::to_string(response.status);
}

/// Standard Webhooks writes a secret as `whsec_` and base64; any other text is the key itself.
std::string signing_key(const Secret& secret) {
  constexpr std::string_view mark = "whsec_";
  const std::string& text = secret.reveal();
  if (text.starts_with(mark)) {
    if (auto key = base64_decode(std::string_view(text).substr(mark.size()))) return *key;
  }
  return text;
}

/// The `Authorization` value for the credentials of a URL, as browsers and libcurl send it.
std::string basic(const Secret& credentials) {
  std::string pair;
  if (!percent_decode(credentials.reveal(), pair)) pair = credentials.reveal();
  if (!credentials.reveal().contains(':')) pair += ':';
  return "Basic " + base64(pair);
}

void sign(http::OutboundRequest& request, const store::DueDelivery& delivery,
          const core::AttemptFacts& facts) {
  const core::Hook& hook = delivery.hook;
  const std::string& secret = hook.secret.reveal();
  request.headers.add("X-Hub-Signature", "sha1=" + hmac_sha1_hex(secret, request.body));
  request.headers.add("X-Hub-Signature-256", "sha256=" + hmac_sha256_hex(secret, request.body));

  std::string content;
  for (auto& [name, value] : core::webhook_headers(facts)) {
    content += value + ".";
    request.headers.add(name, value);
  }
  content += request.body;
  auto signature = [&](const Secret& one) {
    return "v1," + base64(hmac_sha256(signing_key(one), content));
  };
  std::string signatures = signature(hook.secret);
  if (hook.former_secret && hook.former_secret->until > facts.at) {
    signatures += " " + signature(hook.former_secret->secret);
  }
  request.headers.add("webhook-signature", signatures);
}

}  // namespace

http::OutboundRequest make_request(const store::DueDelivery& delivery,
                                   const core::DestinationPolicy& destinations, Timestamp now) {
  const core::Hook& hook = delivery.hook;
  const bool is_form = hook.content_type == core::HookContentType::form;
  http::OutboundRequest request;
  request.method = "POST";
  request.url = hook.url;
  request.body = wire::delivered_body(delivery.body.value(), delivery.installation_id);
  if (is_form) request.body = "payload=" + percent_encode(request.body);
  request.verify_tls = !hook.insecure_ssl;
  request.connect_time = limits::delivery_connect_time;
  request.total_time = limits::delivery_time;
  request.kept_body_bytes = limits::kept_response_bytes;
  request.allow_address = [&destinations](const sockaddr& socket_address) {
    auto address = address_of(socket_address);
    return address && destinations.allows(*address);
  };
  const core::AttemptFacts facts = {.guid = delivery.event.guid,
                                    .kind = delivery.event.kind,
                                    .event_no = delivery.event.event_no,
                                    .hook = hook.id,
                                    .target = hook.target,
                                    .at = now};
  const bool is_signed = !hook.secret.empty();
  for (auto& [name, value] : core::delivery_headers(
           facts, {is_form, is_signed, delivery.superseded_by, delivery.repeats})) {
    request.headers.add(name, value);
  }
  if (!hook.credentials.empty()) {
    request.headers.add("Authorization", basic(hook.credentials));
  }
  if (is_signed) sign(request, delivery, facts);
  return request;
}

bool is_delivered(const http::OutboundResponse& response) {
  return response.failure == http::OutboundFailure::none && response.status >= 200 &&
         response.status < 300;
}

store::DeliveryAttempt make_attempt(const http::OutboundRequest& request,
                                    const http::OutboundResponse& response, Timestamp at) {
  constexpr int bad_gateway = 502;  // GitHub's code for no response
  store::DeliveryAttempt attempt;
  attempt.attempted_at = at;
  attempt.url = request.url;
  attempt.duration = response.duration;
  attempt.status_code =
      response.failure == http::OutboundFailure::none ? response.status : bad_gateway;
  attempt.status = status_text(response);
  const std::vector<std::string> credentials = sent_credentials(request);
  attempt.request_headers = headers_json(request.headers, credentials);
  attempt.response_headers = headers_json(response.headers, credentials);
  const bool is_cut = response.body.size() >= limits::kept_response_bytes;
  std::string body = response.body.substr(0, limits::kept_response_bytes);
  body = without_credentials(std::move(body), credentials, is_cut);
  if (is_cut || body.size() > limits::kept_response_bytes) {
    body.resize(std::min(body.size(), limits::kept_response_bytes));
    // The cut may be inside a character, which leaves at most three bytes of it.
    for (int rest = 3; rest > 0 && !is_utf8(body); --rest) body.pop_back();
  }
  const bool storable = is_utf8(body) && body.find('\0') == body.npos;
  attempt.response_body = storable ? body : "(not text)";
  return attempt;
}

store::DeliveryAttempt make_unsent(const store::DueDelivery& delivery, Timestamp at) {
  store::DeliveryAttempt attempt;
  attempt.attempted_at = at;
  attempt.url = delivery.hook.url;
  attempt.status = delivery.body ? "skipped: superseded by deployment " +
                                       std::to_string(delivery.superseded_by.value().value)
                                 : "body_pruned: the server keeps the payload no longer";
  attempt.request_headers = attempt.response_headers = "{}";
  return attempt;
}

std::optional<std::chrono::microseconds> retry_after(const http::OutboundResponse& response,
                                                     Timestamp now) {
  using namespace std::chrono_literals;
  const auto field = response.headers.find("Retry-After");
  if (!field || response.failure != http::OutboundFailure::none) return std::nullopt;
  std::optional<std::chrono::microseconds> pause;
  if (auto seconds = parse_positive(*field)) {
    pause = std::chrono::seconds(std::min<int64_t>(*seconds, 86'400));
  } else if (auto date = parse_http_date(*field)) {
    pause = *date - now;
  }
  if (!pause || *pause <= 0us) return std::nullopt;
  return std::min<std::chrono::microseconds>(*pause, 24h);
}

}  // namespace esclusa::hooks
