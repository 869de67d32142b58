#include "app/ssh_door.h"

#include "app/change.h"
#include "base/crypto.h"
#include "store/deploy_keys.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// The repository that the client names, also by a former name.
std::optional<core::Repository> find_named(Reader& db, const core::SshRequest& request) {
  auto repository = store::find_repository(db, request.owner, request.repository);
  return repository ? repository : store::find_renamed(db, request.owner, request.repository);
}

Result<core::DeployKey> open_key(Reader& db, DeployKeyId id, Timestamp now) {
  auto key = store::find_deploy_key(db, id);
  TRY(core::check_key_opens(key, now));
  return std::move(*key);
}

}  // namespace

Result<core::DeployKey> find_opening_key(const Context& context, Reader& db,
                                         std::string_view text) {
  const core::PublicKeyLine line = TRY(core::split_public_key(text));
  auto key = store::find_deploy_key(db, core::fingerprint_of(line));
  const bool opens =
      key && key->key.text == line.type + " " + line.blob && core::is_enabled(*key, context.now());
  if (!opens) return not_found();
  return std::move(*key);
}

Result<SshSession> start_ssh_session(const Context& context, DeployKeyId id,
                                     const core::SshRequest& request,
                                     const std::string& request_id) {
  const auto actor = core::Actor::by_deploy_key(id).in_request(request_id);
  return change(context, actor, [&](Change& change) -> Result<SshSession> {
    core::DeployKey key = TRY(open_key(change.rows, id, change.now));
    const auto repository = find_named(change.rows, request);
    TRY(core::check_ssh_session(key, repository, request));
    store::touch_deploy_key(change.rows, id, change.now);
    change.audit({"ssh.session", key.repository_id, id.value,
                  wire::audit_detail({{"service", core::to_name(request.service)},
                                      {"fingerprint", key.key.fingerprint}})});
    return SshSession{random_uuid(), std::move(key), *repository};
  });
}

Result<SshSession> check_ssh_session(const Context& context, Reader& db, const std::string& session,
                                     DeployKeyId id, core::GitService service) {
  core::DeployKey key = TRY(open_key(db, id, context.now()));
  const auto repository = store::find_repository(db, key.repository_id);
  if (!repository) return not_found();
  TRY(core::check_ssh_session(key, repository,
                              {service, repository->owner.login, repository->name}));
  return SshSession{session, std::move(key), *repository};
}

}  // namespace esclusa::app
