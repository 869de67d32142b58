#include "app/ssh_door.h"

#include "base/crypto.h"
#include "store/deploy_keys.h"
#include "store/events.h"
#include "store/repositories.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

/// The repository that the client names, also by a former name.
std::optional<core::Repository> find_named(store::Connection& db, const core::SshRequest& request) {
  auto repository = store::find_repository(db, request.owner, request.repository);
  return repository ? repository : store::find_renamed(db, request.owner, request.repository);
}

Result<core::DeployKey> open_key(store::Connection& db, DeployKeyId id, Timestamp now) {
  auto key = store::find_deploy_key(db, id);
  TRY(core::check_key_opens(key, now));
  return std::move(*key);
}

}  // namespace

Result<core::DeployKey> find_opening_key(const Context& context, std::string_view text) {
  const core::PublicKeyLine line = TRY(core::split_public_key(text));
  auto key = TRY(context.database.read([&](store::Connection& db) {
    return store::find_deploy_key(db, core::fingerprint_of(line));
  }));
  const bool opens =
      key && key->key.text == line.type + " " + line.blob && core::is_enabled(*key, context.now());
  if (!opens) return not_found();
  return std::move(*key);
}

Result<SshSession> start_ssh_session(const Context& context, DeployKeyId id,
                                     const core::SshRequest& request,
                                     const std::string& request_id) {
  const Timestamp now = context.now();
  return context.database.write([&](store::Connection& tx) -> Result<SshSession> {
    core::DeployKey key = TRY(open_key(tx, id, now));
    const auto repository = find_named(tx, request);
    TRY(core::check_ssh_session(key, repository, request));
    store::touch_deploy_key(tx, id, now);
    core::Principal principal;
    principal.request_id = request_id;
    principal.deploy_key_id = id;
    wire::JsonWriter detail;
    detail.begin_object()
        .member("service", core::to_name(request.service))
        .member("fingerprint", key.key.fingerprint)
        .end_object();
    store::insert_audit(tx, principal, {"ssh.session", key.repository_id, id.value, detail.take()},
                        now);
    return SshSession{random_uuid(), std::move(key), *repository};
  });
}

Result<SshSession> check_ssh_session(const Context& context, const std::string& session,
                                     DeployKeyId id, core::GitService service) {
  return context.database.read([&](store::Connection& db) -> Result<SshSession> {
    core::DeployKey key = TRY(open_key(db, id, context.now()));
    const auto repository = store::find_repository(db, key.repository_id);
    if (!repository) return not_found();
    TRY(core::check_ssh_session(key, repository,
                                {service, repository->owner.login, repository->name}));
    return SshSession{session, std::move(key), *repository};
  });
}

}  // namespace esclusa::app
