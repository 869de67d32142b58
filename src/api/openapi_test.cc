#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "api/routes.h"
#include "api/serve.h"
#include "base/json.h"
#include "base/text.h"
#include "core/hook.h"
#include "support/api_fixture.h"

using namespace esclusa;
using namespace esclusa::api;

namespace {

http::Response get_description(const std::string& target, http::Headers headers = {}) {
  test::ApiFixture fixture;
  fixture.settings.version = "1.2.3";
  Api api(fixture.context, fixture.settings);
  return api.serve(test::make_request("GET", target, std::move(headers)));
}

const Json& description() {
  static const Json json = [] {
    auto parsed = Json::parse(get_description("/openapi.json").body);
    REQUIRE(parsed);
    return *parsed;
  }();
  return json;
}

/// The member at the end of a path of names; the test fails if it does not exist.
Json at(Json json, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    auto member = json.find(name);
    CAPTURE(name);
    REQUIRE(member);
    json = *member;
  }
  return json;
}

/// The target of a `$ref`; `json` itself if it has none.
Json resolve(const Json& json) {
  auto reference = json.string_at("$ref");
  if (!reference) return json;
  CAPTURE(*reference);
  REQUIRE(reference->starts_with("#/"));
  const auto parts = split(std::string_view(*reference).substr(2), '/');
  return at(description(), {parts.begin(), parts.end()});
}

/// An operation of the description. Operations are keyed by "GET /path".
struct Operation {
  Json path_item;
  Json json;
};

std::map<std::string, Operation> operations() {
  std::map<std::string, Operation> found;
  for (const auto& [path, item] : at(description(), {"paths"}).members()) {
    for (const char* method : {"GET", "PUT", "POST", "DELETE", "PATCH"}) {
      if (auto operation = item.find(ascii_lower(method))) {
        found.emplace(std::string(method) + " " + path, Operation{item, *operation});
      }
    }
  }
  return found;
}

/// The path as the description has it: `{ref...}` and `{ref...?}` become `{ref}`, and so does the
/// `{sha}` of one path, because for OpenAPI two paths that differ only in parameter names are the
/// same.
std::string described_path(const Route& route) {
  std::string path(route.pattern);
  if (auto dots = path.find("..."); dots != path.npos)
    path.erase(dots, path.find('}', dots) - dots);
  if (path.ends_with("}/statuses/{sha}")) path.replace(path.size() - 5, 5, "{ref}");
  return path;
}

std::string key(const Route& route) {
  return std::string(route.method) + " " + described_path(route);
}

std::vector<const Route*> public_routes() {
  std::vector<const Route*> found;
  for (const Route& route : routes()) {
    const core::Audience audience = route.operation->audience;
    const bool is_local =
        audience == core::Audience::local_admin || audience == core::Audience::ssh;
    if (!is_local) found.push_back(&route);
  }
  return found;
}

/// The names of the described parameters that stand in the path.
std::set<std::string> described_path_parameters(const Operation& operation) {
  std::set<std::string> names;
  for (const Json& owner : {operation.path_item, operation.json}) {
    const auto list = owner.find("parameters");
    if (!list) continue;
    for (const Json& each : list->elements()) {
      const Json parameter = resolve(each);
      if (parameter.string_at("in") == "path") names.insert(*parameter.string_at("name"));
    }
  }
  return names;
}

std::set<std::string> path_parameters(const std::string& path) {
  std::set<std::string> names;
  for (std::string_view part : split(path, '/')) {
    if (part.starts_with('{')) names.emplace(part.substr(1, part.size() - 2));
  }
  return names;
}

/// Collects every `$ref` below `json`.
void collect_references(const Json& json, std::set<std::string>& found) {
  if (auto reference = json.string_at("$ref")) found.insert(*reference);
  for (const auto& [name, member] : json.members()) collect_references(member, found);
  for (const Json& element : json.elements()) collect_references(element, found);
}

}  // namespace

TEST_CASE("openapi: every public route is described, and every described operation is routed") {
  std::set<std::string> described, routed{"GET /livez", "GET /readyz"};  // not in the table
  for (const auto& [name, operation] : operations()) described.insert(name);
  for (const Route* route : public_routes()) routed.insert(key(*route));
  CHECK(described == routed);
  CHECK(routed.size() > 25);
}

TEST_CASE("openapi: the path parameters are those of the route, and each is described") {
  const auto all = operations();
  for (const Route* route : public_routes()) {
    CAPTURE(key(*route));
    REQUIRE(all.contains(key(*route)));
    CHECK(described_path_parameters(all.at(key(*route))) ==
          path_parameters(described_path(*route)));
  }
}

TEST_CASE(
    "openapi: each operation has a name of its own, a summary and a link to its documentation") {
  std::set<std::string> names;
  for (const auto& [name, operation] : operations()) {
    CAPTURE(name);
    CHECK(names.insert(operation.json.string_at("operationId").value_or("")).second);
    CHECK_FALSE(operation.json.string_at("summary").value_or("").empty());
    CHECK(at(operation.json, {"tags"}).elements().size() == 1);
  }
  const auto all = operations();
  for (const Route* route : public_routes()) {
    CAPTURE(key(*route));
    REQUIRE(all.contains(key(*route)));
    const auto link = all.at(key(*route)).json.string_at("externalDocs", "url");
    if (route->documentation.empty()) {
      CHECK_FALSE(link);  // GitHub has no page about our own routes
    } else {
      CHECK(link == "https://docs.github.com/rest/" + std::string(route->documentation));
    }
  }
}

TEST_CASE("openapi: security is required for the operations that need a token") {
  const auto all = operations();
  for (const Route* route : public_routes()) {
    CAPTURE(key(*route));
    REQUIRE(all.contains(key(*route)));
    const core::Operation& judged = *route->operation;
    const bool reads_public = judged.audience == core::Audience::repository &&
                              judged.role == core::Role::read && !judged.acts;
    const bool optional = judged.audience == core::Audience::anyone ||
                          judged.audience == core::Audience::viewer || reads_public;
    const bool is_of_app = judged.audience == core::Audience::app;
    CHECK(at(all.at(key(*route)).json, {"security"}).text() ==
          (is_of_app  ? R"([{"app":[]}])"
           : optional ? R"([{},{"bearer":[]},{"basic":[]}])"
                      : R"([{"bearer":[]},{"basic":[]}])"));
  }
}

TEST_CASE("openapi: each operation lists the statuses with which it refuses") {
  const auto all = operations();
  for (const Route* route : public_routes()) {
    CAPTURE(key(*route));
    REQUIRE(all.contains(key(*route)));
    const Json responses = at(all.at(key(*route)).json, {"responses"});
    std::vector<std::string> expected{"400", "401", "403", "414", "431", "503"};
    const bool reads = route->method == "GET";
    const core::Audience audience = route->operation->audience;
    const bool in_repository = audience == core::Audience::repository;
    if (in_repository || audience == core::Audience::organization) expected.push_back("404");
    if (in_repository) expected.push_back(reads ? "301" : "307");
    const bool redirects = responses.find("302").has_value();
    if (reads && !redirects) expected.push_back("304");
    if (all.at(key(*route)).json.find("requestBody")) {
      expected.insert(expected.end(), {"413", "422"});
    }
    for (const std::string& status : expected) {
      CAPTURE(status);
      REQUIRE(responses.find(status));
      CHECK_FALSE(resolve(*responses.find(status)).string_at("description").value_or("").empty());
    }
    const bool succeeds =
        std::ranges::any_of(responses.members(), [](const auto& m) { return m.first[0] == '2'; });
    CHECK(succeeds != redirects);
  }
}

TEST_CASE("openapi: every reference resolves, and every component is used") {
  std::set<std::string> references;
  collect_references(description(), references);
  for (const std::string& reference : references) {
    CAPTURE(reference);
    auto target = Json::parse("{\"$ref\":\"" + reference + "\"}");
    resolve(*target);
  }
  for (const char* kind : {"parameters", "headers", "responses", "schemas"}) {
    for (const auto& [name, value] : at(description(), {"components", kind}).members()) {
      CAPTURE(name);
      CHECK(references.contains("#/components/" + std::string(kind) + "/" + name));
    }
  }
}

TEST_CASE("openapi: the events of a webhook are those that a webhook may subscribe to") {
  std::vector<std::string> events;
  for (const Json& event :
       at(description(), {"components", "schemas", "HookEvent", "enum"}).elements()) {
    events.push_back(event.string().value_or(""));
  }
  CHECK(events.size() > 50);
  CHECK(core::check_hook_events(events, AccountId{1}));
}

TEST_CASE("openapi: it has the program's version and the address that the client used") {
  CHECK(description().string_at("openapi") == "3.1.0");
  CHECK(description().string_at("info", "version") == "1.2.3");
  auto server = [](const std::string& target) {
    auto json = Json::parse(get_description(target, {{"Host", "d.example:81"}}).body);
    REQUIRE(json);
    return at(*json, {"servers"}).elements().at(0).string_at("url").value_or("");
  };
  CHECK(server("/openapi.json") == "http://d.example:81");
  CHECK(server("/api/v3/openapi.json") == "http://d.example:81/api/v3");
}

TEST_CASE("openapi: it is JSON with an ETag, and 304 for a client that has it") {
  const auto response = get_description("/openapi.json");
  CHECK(response.status == 200);
  CHECK(response.headers.find("Content-Type") == "application/json; charset=utf-8");
  const auto etag = response.headers.find("ETag");
  REQUIRE(etag);
  const auto again = get_description("/openapi.json", {{"If-None-Match", std::string(*etag)}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
}

TEST_CASE("openapi: a 304 has the ETag of the answer that it stands for") {
  int compared = 0;
  for (const auto& [name, operation] : operations()) {
    CAPTURE(name);
    const auto etag_of = [&](const char* status) -> std::optional<std::string> {
      const auto response = at(operation.json, {"responses"}).find(status);
      if (!response) return std::nullopt;
      const auto headers = resolve(*response).find("headers");
      const auto etag = headers ? headers->find("ETag") : std::nullopt;
      return etag ? std::optional(resolve(*etag).text()) : std::nullopt;
    };
    const auto whole = etag_of("200"), unchanged = etag_of("304");
    if (!whole || !unchanged) continue;
    CHECK(*whole == *unchanged);
    ++compared;
  }
  CHECK(compared > 100);
}
