#include "wire/app.h"

#include "base/text.h"
#include "core/app_claims.h"
#include "wire/account.h"
#include "wire/enums.h"
#include "wire/json_body.h"
#include "wire/list.h"
#include "wire/node_id.h"
#include "wire/repository.h"

namespace esclusa::wire {

void write_app_permissions(JsonWriter& json, const core::Permissions& permissions) {
  json.begin_object();
  for (const auto& [permission, level] : permissions.levels()) {
    json.member(core::to_name(permission), core::to_name(level));
  }
  json.end_object();
}

void write_app(JsonWriter& json, const core::App& app, const Urls& urls,
               std::optional<int64_t> installation_count) {
  json.begin_object()
      .member("id", app.id.value)
      .member("client_id", core::client_id(app.id))
      .member("slug", app.slug)
      .member("node_id", older_node_id("Integration", app.id.value))
      .key("owner");
  write_account(json, app.owner, urls);
  json.member("name", app.name)
      .member("description", app.description)
      .member("external_url", app.external_url.empty() ? urls.app_page(app) : app.external_url)
      .member("html_url", urls.app_page(app))
      .member("created_at", app.created_at)
      .member("updated_at", app.updated_at)
      .key("permissions");
  write_app_permissions(json, app.permissions);
  json.key("events");
  write_texts(json, app.events);
  if (installation_count) json.member("installations_count", *installation_count);
  json.end_object();
}

void write_performing_app(JsonWriter& json, const core::App* app, const Urls& urls) {
  json.key("performed_via_github_app");
  app != nullptr ? write_app(json, *app, urls) : static_cast<void>(json.value(nullptr));
}

void write_installation(JsonWriter& json, const core::App& app,
                        const core::Installation& installation, const Urls& urls) {
  const core::Account& account = installation.account;
  const bool is_organization = account.kind == core::AccountKind::organization;
  const std::string url = urls.installation(installation.id);
  json.begin_object()
      .member("id", installation.id.value)
      .member("client_id", core::client_id(app.id))
      .key("account");
  write_account(json, account, urls);
  json.member("repository_selection", core::to_name(installation.selection))
      .member("access_tokens_url", url + "/access_tokens")
      .member("repositories_url", urls.api + "/installation/repositories")
      .member("html_url",
              urls.app_page(app) + "/installations/" + std::to_string(installation.id.value))
      .member("app_id", app.id.value)
      .member("app_slug", app.slug)
      .member("target_id", account.id.value)
      .member("target_type", is_organization ? "Organization" : "User")
      .key("permissions");
  write_app_permissions(json, installation.permissions);
  json.key("events");
  write_texts(json, installation.events);
  json.member("created_at", installation.created_at)
      .member("updated_at", installation.updated_at)
      .member("single_file_name", nullptr)
      .member("has_multiple_single_files", false)
      .key("single_file_paths")
      .begin_array()
      .end_array()
      .key("suspended_by");
  if (installation.suspended_by) {
    write_account(json, *installation.suspended_by, urls);
  } else {
    json.value(nullptr);
  }
  json.member("suspended_at", installation.suspended_at).end_object();
}

namespace {

Result<std::optional<std::vector<RepositoryId>>> parse_ids(const JsonBody& body) {
  constexpr std::string_view name = "repository_ids";
  const auto json = body.find(name);
  if (!json || json->is_null()) return std::nullopt;
  if (!json->is_array()) return wrong_type(name, *json, "an array");
  std::vector<RepositoryId> ids;
  for (const Json& element : json->elements()) {
    const auto id = element.integer();
    if (!id) return wrong_type(std::string(name) + "/items", element, "an integer");
    ids.push_back({*id});
  }
  return ids;
}

Result<std::optional<core::Permissions>> parse_permissions(const JsonBody& body) {
  const auto json = body.find("permissions");
  if (!json || json->is_null()) return std::nullopt;
  if (!json->is_object()) return wrong_type("permissions", *json, "an object");
  core::Permissions::Levels levels;
  for (const auto& [name, value] : json->members()) {
    const auto permission = core::from_name<core::Permission>(name);
    const auto level = core::from_name<core::PermissionLevel>(value.string().value_or(""));
    if (!permission || !level) {
      // What nobody can have here was not granted.
      return fail(ErrorCode::invalid,
                  "The permissions requested are not granted to this installation.",
                  "permission_not_granted");
    }
    levels[*permission] = *level;
  }
  if (levels.empty()) return std::nullopt;
  return core::Permissions(std::move(levels));
}

}  // namespace

Result<core::NewInstallationToken> parse_new_installation_token(std::string_view text) {
  // Whoever asks for all that there is sends no body, or null, as ghinstallation does, which Argo
  // CD and other programs in Go use.
  const JsonBody body = TRY(JsonBody::parse(trim(text) == "null" ? std::string_view() : text));
  core::NewInstallationToken input;
  input.repositories = TRY(body.optional_strings("repositories"));
  input.repository_ids = TRY(parse_ids(body));
  input.permissions = TRY(parse_permissions(body));
  return input;
}

void write_installation_token(JsonWriter& json, const core::MintedInstallationToken& minted,
                              core::RepositorySelection selection, const Urls& urls,
                              ApiVersion version) {
  json.begin_object()
      .member("token", minted.text.reveal())
      .member("expires_at", minted.token.expires_at)
      .key("permissions");
  write_app_permissions(json, minted.token.permissions);
  json.member("repository_selection", core::to_name(selection));
  if (!minted.repositories.empty()) {
    json.key("repositories");
    write_list(json, minted.repositories, [&](JsonWriter& to, const core::Repository& one) {
      write_listed_repository(to, one, core::Role::write, urls, version);
    });
  }
  json.end_object();
}

}  // namespace esclusa::wire
