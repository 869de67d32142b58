#include "api/headers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/media_type.h"
#include "base/crypto.h"
#include "base/text.h"
#include "http/body_stream.h"

namespace esclusa::api {

namespace {

std::string hex_number(int64_t value) {
  char digits[17];
  auto end = std::to_chars(std::begin(digits), std::end(digits), value, 16).ptr;
  return {digits, end};
}

}  // namespace

std::string new_request_id(Timestamp now) {
  constexpr size_t bytes = 12;
  // The system is asked for many at once: asking costs more than all the rest.
  thread_local std::string store;
  if (store.size() < bytes) store = random_bytes(128 * bytes);
  const std::string random = hex(std::string_view(store).substr(store.size() - bytes));
  store.resize(store.size() - bytes);
  auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::string id = random.substr(0, 4) + ":" + random.substr(4, 4) + ":" + random.substr(8, 8) +
                   ":" + random.substr(16, 8) + ":" + hex_number(seconds);
  std::ranges::transform(id, id.begin(),
                         [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  return id;
}

Result<wire::ApiVersion> api_version(const http::Headers& headers) {
  auto asked = headers.find("X-GitHub-Api-Version");
  if (!asked || asked->empty()) return wire::ApiVersion{};
  if (auto version = core::from_name<wire::ApiVersion>(*asked)) return *version;
  return fail(ErrorCode::bad_request,
              "The version you specified in the \"X-GitHub-API-Version\" request header, \"" +
                  printable(*asked) +
                  "\", is not a supported version. The following versions are currently "
                  "supported: \"2026-03-10\" (most recent), \"2022-11-28\".",
              "unsupported_version");
}

namespace {

/// `2026-11-21 08:30:00 UTC`: GitHub writes other times in another form.
std::string expiration(Timestamp time) {
  std::string text = format_time(time);
  text.replace(text.find('T'), 1, " ");
  text.replace(text.find('Z'), 1, " UTC");
  return text;
}

}  // namespace

void add_own_headers(http::Response& response, const std::string& request_id,
                     const std::optional<core::Quota>& rate_limit) {
  http::Headers& headers = response.headers;
  headers.add("X-GitHub-Request-Id", request_id);
  if (!rate_limit) return;
  headers.add("X-RateLimit-Limit", std::to_string(rate_limit->limit));
  headers.add("X-RateLimit-Remaining", std::to_string(rate_limit->remaining()));
  headers.add("X-RateLimit-Reset", std::to_string(rate_limit->reset_seconds()));
  headers.add("X-RateLimit-Used", std::to_string(rate_limit->used));
  headers.add("X-RateLimit-Resource", "core");
}

void add_common_headers(const http::Request& request, http::Response& response,
                        const CommonHeaders& common) {
  std::string fields;
  fields.reserve(1200);
  const auto add = [&](std::string_view name, std::string_view value) {
    fields.append("\r\n").append(name).append(": ").append(value);
  };
  const bool success = response.status < 400;
  const bool has_body = success && response.status != 204;
  if (has_body && request.method != "DELETE") {
    if (!response.headers.has("Cache-Control")) {
      add("Cache-Control", common.actor.is_authenticated() ? "private, max-age=60, s-maxage=60"
                                                           : "public, max-age=60, s-maxage=60");
    }
    add("Vary",
        "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With");
  }
  add("X-GitHub-Media-Type", has_body ? media_type(request.headers) : "unknown, github.v3");
  if (!common.version.empty()) add("x-github-api-version-selected", common.version);
  if (const core::Token* token = common.actor.token(); token != nullptr) {
    add("X-OAuth-Scopes", token->scopes.to_text());
    add("X-Accepted-OAuth-Scopes", common.accepted_scopes.value_or(""));
    if (token->expires_at) {
      add("github-authentication-token-expiration", expiration(*token->expires_at));
    }
  }
  const core::AgentGrant* agent = common.actor.agent();
  if (agent != nullptr && agent->token.expires_at) {
    add("github-authentication-token-expiration", expiration(*agent->token.expires_at));
  }
  if (!common.accepted_permissions.empty()) {
    add("X-Accepted-GitHub-Permissions", common.accepted_permissions);
  }
  fields +=
      "\r\nAccess-Control-Allow-Origin: *"
      "\r\nAccess-Control-Expose-Headers: "
      "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, "
      "X-RateLimit-Remaining, X-RateLimit-Used, X-RateLimit-Resource, X-RateLimit-Reset, "
      "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, "
      "X-GitHub-SSO, X-GitHub-Request-Id, Deprecation, Sunset"
      "\r\nX-Content-Type-Options: nosniff"
      "\r\nX-Frame-Options: deny"
      "\r\nContent-Security-Policy: default-src 'none'";
  response.more_headers = std::make_shared<const std::string>(std::move(fields));
}

http::Response preflight_response() {
  return {204,
          {{"Access-Control-Allow-Headers",
            "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
            "If-Unmodified-Since, Idempotency-Key, X-GitHub-Api-Version, X-GitHub-OTP, "
            "X-Requested-With"},
           {"Access-Control-Allow-Methods", "GET, POST, PATCH, PUT, DELETE"},
           {"Access-Control-Max-Age", "86400"}},
          {}};
}

}  // namespace esclusa::api
