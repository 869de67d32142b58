#pragma once
#include <map>
#include <string>

#include "api/serve.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/json.h"
#include "support/api_fixture.h"
#include "support/path_pattern.h"
#include "support/store_rows.h"

namespace esclusa::test {

/// Makes a secret and a variable of the environment whose path is `root`, and seals another value
/// for its key; the names are for patterns of routes and their bodies.
inline void add_secrets(api::Api&& api, const std::string& root, const std::string& token,
                        std::map<std::string, std::string>& names) {
  const auto ask = [&](const char* method, const std::string& path, const std::string& body,
                       int status) {
    auto request = make_request(method, root + path, {{"Authorization", "Bearer " + token}});
    request.body = body;
    const auto response = api.serve(request);
    if (response.status != status) bug("no secrets: " + response.body);
    return response.body;
  };
  const Json key = Json::parse(ask("GET", "/secrets/public-key", "", 200)).value();
  const std::string public_key = found(base64_decode(found(key.string_at("key"))));
  names["box_key_id"] = found(key.string_at("key_id"));
  names["encrypted_value"] = base64(found(seal_box(public_key, Secret("canary"))));
  names["secret_name"] = "TOKEN";
  names["name"] = "REGION";
  ask("PUT", "/secrets/TOKEN",
      fill(R"({"encrypted_value": "{encrypted_value}", "key_id": "{box_key_id}"})", names), 201);
  ask("POST", "/variables", R"({"name": "REGION", "value": "eu"})", 201);
}

/// Makes a deployment that was live in an environment without gates, to which a rollback may go
/// back. `post(path, body)` makes an object of the repository, and gives its id.
template <class Post>
void add_served(Post post, std::map<std::string, std::string>& names) {
  names["served_id"] =
      post("/deployments", R"({"ref": "main", "environment": "served", "auto_merge": false,
                               "required_contexts": []})");
  post("/deployments/" + names["served_id"] + "/statuses", R"({"state": "success"})");
}

}  // namespace esclusa::test
