#include "app/deploy_keys.h"

#include "app/ssh_keygen.h"
#include "base/crypto.h"
#include "store/deploy_keys.h"
#include "store/events.h"
#include "wire/event_body.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

/// The action on a key, as the event and the audit log name it.
struct KeyAction {
  std::string_view event_action;
  std::string_view audit_action;
};
constexpr KeyAction created{"created", "deploy_key.create"};
constexpr KeyAction deleted{"deleted", "deploy_key.delete"};

void record(store::Connection& tx, const Context& context, const RepositoryAccess& access,
            const core::DeployKey& key, const KeyAction& action) {
  const Timestamp now = context.now();
  core::Event event;
  event.guid = random_uuid();
  event.repository_id = access.repository.id;
  event.kind = "deploy_key";
  event.action = action.event_action;
  event.created_at = now;
  const wire::EventContext event_context{access.repository, *access.principal.account,
                                         context.event_urls};
  store::insert_event(tx, event, wire::deploy_key_event(event_context, action.event_action, key),
                      access.principal);
  wire::JsonWriter detail;
  detail.begin_object()
      .member("fingerprint", key.key.fingerprint)
      .member("read_only", key.read_only)
      .end_object();
  store::insert_audit(tx, access.principal,
                      {action.audit_action, access.repository.id, key.id.value, detail.take()},
                      now);
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
  key.added_by = *access.principal.account;
  key.expires_at = input.expires_at;
  key.created_at = context.now();
  TRY(core::check_expiry(input, key.created_at));
  auto made = context.database.write([&](store::Connection& tx) -> Result<core::DeployKey> {
    const auto id = store::insert_deploy_key(tx, key, access.principal);
    if (!id) return core::key_in_use();
    key.id = *id;
    record(tx, context, access, key, created);
    return key;
  });
  if (made) context.events_committed();
  return made;
}

Result<core::DeployKey> get_deploy_key(const Context& context, const RepositoryAccess& access,
                                       DeployKeyId id) {
  auto key = TRY(context.database.read(
      [&](store::Connection& db) { return store::find_deploy_key(db, access.repository.id, id); }));
  if (!key) return not_found();
  return std::move(*key);
}

Result<core::Listing<core::DeployKey>> list_deploy_keys(const Context& context,
                                                        const RepositoryAccess& access,
                                                        const core::Page& page) {
  return context.database.read([&](store::Connection& db) {
    return store::list_deploy_keys(db, access.repository.id, page);
  });
}

Result<void> delete_deploy_key(const Context& context, const RepositoryAccess& access,
                               DeployKeyId id) {
  auto gone = context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto key = store::find_deploy_key(tx, access.repository.id, id);
    if (!key) return not_found();
    store::delete_deploy_key(tx, id, context.now());
    record(tx, context, access, *key, deleted);
    return {};
  });
  if (gone) context.events_committed();
  return gone;
}

}  // namespace esclusa::app
