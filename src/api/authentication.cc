#include "api/authentication.h"

#include "base/jwt.h"
#include "base/text.h"

namespace esclusa::api {
namespace {

/// The token in the credentials of the schemes `token` and `basic`.
Secret find_plain_token(std::string_view scheme, std::string_view credentials) {
  if (scheme == "token") return Secret(std::string(credentials));
  if (scheme != "basic") return Secret();
  auto pair = base64_decode(credentials);
  if (!pair) return Secret();
  auto colon = pair->find(':');
  std::string password = colon == pair->npos ? "" : pair->substr(colon + 1);
  if (password.empty() || password == "x-oauth-basic") return Secret(pair->substr(0, colon));
  return Secret(password);
}

}  // namespace

std::optional<Secret> find_token(const http::Headers& headers) {
  auto header = headers.find("Authorization");
  if (!header) return std::nullopt;
  auto blank = header->find(' ');
  std::string scheme = ascii_lower(header->substr(0, blank));
  std::string_view credentials =
      blank == header->npos ? std::string_view() : trim(header->substr(blank + 1));
  if (scheme == "bearer") return Secret(std::string(credentials));
  Secret token = find_plain_token(scheme, credentials);
  return has_jwt_shape(token.reveal()) ? Secret() : token;
}

}  // namespace esclusa::api
