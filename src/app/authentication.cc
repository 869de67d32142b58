#include "app/authentication.h"

#include <algorithm>
#include <limits>

#include "base/jwt.h"
#include "base/limits.h"
#include "core/app_claims.h"
#include "store/accounts.h"
#include "store/agent_tokens.h"
#include "store/apps.h"
#include "store/installations.h"
#include "store/kept.h"

namespace esclusa::app {
namespace {

std::unexpected<Error> refused() { return fail(ErrorCode::unauthenticated, "Bad credentials"); }

/// The actor that `find` finds for the credential with this digest, or the one that is kept.
template <class Find, class SourcesOf>
std::shared_ptr<const core::Actor> kept_actor(Reader& db, const std::string& digest, Find find,
                                              SourcesOf sources_of, size_t bytes) {
  return store::kept(db, "actor " + digest, std::move(find), std::move(sources_of),
                     [bytes](const core::Actor&) { return bytes; });
}

Result<core::Actor> authenticate_account(const Context& context, Reader& db,
                                         std::string_view token) {
  const std::string digest = core::token_digest(token);
  const auto actor = kept_actor(
      db, digest,
      [&]() -> std::optional<core::Actor> {
        auto owner = store::find_token(db, digest);
        if (!owner) return std::nullopt;
        return core::Actor::by_token(std::move(owner->account), std::move(owner->token));
      },
      [](const core::Actor& kept) {
        return store::Sources()
            .row("token", kept.token()->id.value)
            .row("account", kept.sender().id.value);
      },
      1024);
  if (!actor || !may_still_act(context, *actor)) return refused();
  return *actor;
}

Result<core::Actor> authenticate_installation(const Context& context, Reader& db,
                                              std::string_view token) {
  const std::string digest = core::token_digest(token);
  const auto actor = kept_actor(
      db, digest,
      [&]() -> std::optional<core::Actor> {
        auto grant = store::find_grant(db, digest);
        if (!grant) return std::nullopt;
        return core::Actor::by_installation(*std::move(grant));
      },
      [](const core::Actor& kept) { return store::sources_of(*kept.installation()); }, 4096);
  if (!actor || !may_still_act(context, *actor)) return refused();
  return *actor;
}

Result<core::Actor> authenticate_agent(const Context& context, Reader& db, std::string_view token) {
  const std::string digest = core::token_digest(token);
  const auto actor = kept_actor(
      db, digest,
      [&]() -> std::optional<core::Actor> {
        auto grant = store::find_agent(db, digest);
        if (!grant) return std::nullopt;
        return core::Actor::by_agent(*std::move(grant));
      },
      [](const core::Actor& kept) { return store::sources_of(*kept.agent()); }, 2048);
  if (!actor || !may_still_act(context, *actor)) return refused();
  return *actor;
}

core::AppClaims claims_of(const Json& json) {
  core::AppClaims claims;
  if (const auto issuer = json.find("iss")) {
    claims.issuer = issuer->string().value_or(issuer->text());
  }
  claims.issued_at = json.integer_at("iat");
  claims.expires_at = json.integer_at("exp");
  if (const auto not_before = json.find("nbf")) {
    claims.not_before = not_before->integer().value_or(std::numeric_limits<int64_t>::max());
  }
  return claims;
}

Result<core::Actor> authenticate_app(const Context& context, Reader& db, std::string_view text) {
  const auto undecodable = [](const char* reason_code) {
    return fail(ErrorCode::unauthenticated, "A JSON web token could not be decoded", reason_code);
  };
  const auto token = parse_jwt(text);
  if (!token) return undecodable("invalid_jwt");
  const core::AppClaims claims = claims_of(token->claims);
  const AppId id = TRY(core::issuing_app(claims));
  auto app = store::find_app(db, id);
  if (!app || app->removed_at) return fail(ErrorCode::not_found, "Integration not found");
  const auto keys = store::list_app_keys(db, id);
  if (std::ranges::none_of(
          keys, [&](const core::AppKey& key) { return is_signed_by(*token, key.public_key); })) {
    return undecodable("wrong_signature");
  }
  TRY(core::check_times(claims, context.now()));
  if (app->bot.blocked_at) return refused();
  return core::Actor::by_app(*std::move(app));
}

}  // namespace

bool has_credential_shape(std::string_view credential) {
  return core::has_token_shape(credential) || core::has_installation_token_shape(credential) ||
         core::has_agent_token_shape(credential) || has_jwt_shape(credential);
}

bool may_still_act(const Context& context, const core::Actor& actor) {
  const Timestamp now = context.now();
  if (actor.installation() != nullptr) return core::is_usable(*actor.installation(), now);
  const auto note_use = [&](const auto& token) {
    const auto& last = token.last_used_at;
    if (!last || now - *last >= limits::token_use_every) context.token_use.note(token.id, now);
  };
  if (const core::AgentGrant* agent = actor.agent()) {
    if (!core::is_usable(*agent, now)) return false;
    note_use(agent->token);
    return true;
  }
  const core::Token* const token = actor.token();
  if (token == nullptr) return true;
  if (!core::is_usable(*token, actor.sender(), now)) return false;
  note_use(*token);
  return true;
}

Result<core::Actor> authenticate(const Context& context, Reader& db, std::string_view credential) {
  if (core::has_token_shape(credential)) return authenticate_account(context, db, credential);
  if (core::has_installation_token_shape(credential)) {
    return authenticate_installation(context, db, credential);
  }
  if (core::has_agent_token_shape(credential)) return authenticate_agent(context, db, credential);
  if (has_jwt_shape(credential)) return authenticate_app(context, db, credential);
  return refused();
}

}  // namespace esclusa::app
