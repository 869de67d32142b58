#include "app/deploy_keys.h"

#include "app/change.h"
#include "app/ssh_keygen.h"
#include "store/deploy_keys.h"
#include "wire/audit_detail.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

/// The action on a key, as the event and the audit log name it.
struct KeyAction {
  std::string_view event_action;
  std::string_view audit_action;
};
constexpr KeyAction created{"created", "deploy_key.create"};
constexpr KeyAction deleted{"deleted", "deploy_key.delete"};

void record(Change& change, const core::Repository& repository, const core::DeployKey& key,
            const KeyAction& action) {
  change.raise(change.new_event(repository.id, "deploy_key", std::string(action.event_action)),
               wire::deploy_key_event(change.event_context(repository), action.event_action, key));
  change.audit(
      {action.audit_action, repository.id, key.id.value,
       wire::audit_detail({{"fingerprint", key.key.fingerprint}, {"read_only", key.read_only}})});
}

}  // namespace

Result<core::DeployKey> create_deploy_key(const Context& context, const RepositoryAccess& access,
                                          const core::NewDeployKey& input) {
  const core::PublicKeyLine line = TRY(core::split_public_key(input.key));
  core::DeployKey key;
  key.key = TRY(examine_public_key(line));
  key.title = TRY(core::title_of(input, line, key.key));
  key.repository_id = access.repository.id;
  key.read_only = input.read_only;
  key.added_by = access.actor.sender();
  key.expires_at = input.expires_at;
  return change(context, access.actor, [&](Change& change) -> Result<core::DeployKey> {
    TRY(core::check_expiry(input, change.now));
    key.created_at = change.now;
    const auto id = store::insert_deploy_key(change.rows, key, access.actor);
    if (!id) return core::key_in_use();
    key.id = *id;
    record(change, access.repository, key, created);
    return key;
  });
}

Result<core::DeployKey> get_deploy_key(Reader& db, const RepositoryAccess& access, DeployKeyId id) {
  auto key = store::find_deploy_key(db, access.repository.id, id);
  if (!key) return not_found();
  return std::move(*key);
}

Result<core::Listing<core::DeployKey>> list_deploy_keys(Reader& db, const RepositoryAccess& access,
                                                        const core::Page& page) {
  return store::list_deploy_keys(db, access.repository.id, page);
}

Result<void> delete_deploy_key(const Context& context, const RepositoryAccess& access,
                               DeployKeyId id) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto key = store::find_deploy_key(change.rows, access.repository.id, id);
    if (!key) return not_found();
    store::delete_deploy_key(change.rows, id, change.now);
    record(change, access.repository, *key, deleted);
    return {};
  });
}

}  // namespace esclusa::app
