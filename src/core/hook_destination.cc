#include "core/hook_destination.h"

#include "base/limits.h"
#include "core/hook.h"
#include "core/uri.h"

namespace esclusa::core {
namespace {

std::unexpected<Error> url_error(std::string message, std::string reason) {
  return fail_validation({"Hook", "url", "custom", std::move(message)}, std::move(reason));
}

}  // namespace

Result<void> check_hook_url(const std::string& text, const SplitUrl& split,
                            const DestinationPolicy& allowed) {
  if (text.size() > limits::url_bytes) return url_error("url is too long", "too_long");
  const HookUrl given = split_hook_url(text);
  const auto target = split(given.url);
  // libcurl accepts characters that no URI may contain.
  if (!target || target->has_credentials || !is_uri(given.url) ||
      !is_uri("https://" + given.credentials)) {
    return url_error("url must be an http or https URL", "invalid_url");
  }
  const std::string& host = target->host;
  const bool is_localhost = host == "localhost" || host.ends_with(".localhost");
  const auto address = NetworkAddress::parse(is_localhost ? "127.0.0.1" : host);
  if (address && !allowed.allows(*address)) {
    return url_error("url is not supported because it isn't reachable over the public Internet (" +
                         host +
                         "). The server's operator can allow its address range with the setting "
                         "webhooks.allow",
                     "destination_not_allowed");
  }
  return {};
}

}  // namespace esclusa::core
