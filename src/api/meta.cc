#include "wire/meta.h"
#include "api/route_tables.h"
#include "base/crypto.h"
#include "core/operations/server.h"

/// Routes that clients call besides those of deployments: the index, the server's metadata.
namespace esclusa::api {
namespace {

constexpr std::string_view sentences[] = {
    "Close one gate before you open the next.",
    "What was deployed should still be known tomorrow.",
    "A quiet rollout is a good rollout.",
    "Small changes pass the lock together.",
    "Write down who asked, and what for.",
    "The way back is part of the way.",
    "Silence is no success.",
    "First the water, then the boat.",
};

Result<http::Response> get_root(const Call& call) {
  JsonWriter json;
  wire::write_root(json, call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_meta(const Call&) {
  JsonWriter json;
  wire::write_meta(json);
  return json_response(200, std::move(json));
}

Result<http::Response> get_versions(const Call&) {
  JsonWriter json;
  wire::write_api_versions(json);
  return json_response(200, std::move(json));
}

Result<http::Response> get_zen(const Call&) {
  const auto choice = static_cast<unsigned char>(random_bytes(1)[0]) % std::size(sentences);
  return http::Response{
      200, {{"Content-Type", "text/plain;charset=utf-8"}}, std::string(sentences[choice])};
}

// clang-format off
const Route table[] = {
    {"GET", "/", &operations::get_root, "", Lane::loop, "meta/meta#github-api-root", get_root},
    {"GET", "/meta", &operations::get_meta, "", Lane::loop,
     "meta/meta#get-apiname-meta-information", get_meta},
    {"GET", "/versions", &operations::get_versions, "", Lane::loop,
     "meta/meta#get-all-api-versions", get_versions},
    {"GET", "/zen", &operations::get_zen, "", Lane::loop, "meta/meta#get-the-zen-of-github",
     get_zen},
};
// clang-format on

}  // namespace

std::span<const Route> meta_routes() { return table; }

}  // namespace esclusa::api
