#include "app/pushes.h"

#include <algorithm>

#include "app/first_push.h"
#include "app/ref_intents.h"
#include "git/repository.h"
#include "store/ref_intents.h"

namespace esclusa::app {
namespace {

Result<std::vector<core::RefIntent>> list_open(const Context& context, const std::string& session) {
  return context.database.read(
      [&](Reader& db) { return store::list_open_ref_intents(db, session); });
}

}  // namespace

Result<void> begin_push(const Context& context, const SshSession& session,
                        const std::vector<core::RefChange>& changes,
                        const std::string& request_id) {
  const auto actor = core::Actor::by_deploy_key(session.key.id).in_request(request_id);
  const Timestamp now = context.now();
  std::vector<core::RefIntent> intents;
  for (const core::RefChange& change : changes) {
    TRY(core::check_pushable(change.ref));
    if (!core::is_ref_change(change)) {
      return fail(ErrorCode::invalid, "this is no change of a ref: " + change.ref,
                  "invalid_ref_change");
    }
    intents.push_back({.id = {},
                       .repository_id = session.repository.id,
                       .change = change,
                       .actor = actor,
                       .sender = session.key.added_by,
                       .session = session.id,
                       .created_at = now});
  }
  return begin_intents(context, intents);
}

Result<void> finish_push(const Context& context, const std::string& session,
                         const std::vector<core::RefChange>& made) {
  auto intents = TRY(list_open(context, session));
  std::erase_if(intents, [&](const core::RefIntent& intent) {
    return std::ranges::find(made, intent.change) == made.end();
  });
  if (intents.empty()) return {};
  core::Repository repository = TRY(find_repository_of(context, intents.front()));
  const auto git = TRY(git::Repository::open(repository));
  repository = follow_first_push(context, git, std::move(repository), intents);
  for (const core::RefIntent& intent : intents) {
    TRY(settle_intent(context, repository, intent, TRY(read_push(context, git, intent))));
  }
  return {};
}

Result<void> end_push(const Context& context, const std::string& session, GitEnd end) {
  for (const core::RefIntent& intent : TRY(list_open(context, session))) {
    const auto repository = TRY(find_repository_of(context, intent));
    if (end == GitEnd::reported) {
      TRY(settle_intent(context, repository, intent, std::nullopt));
    } else {
      TRY(settle_intent_from_ref(context, repository, intent));
    }
  }
  return {};
}

}  // namespace esclusa::app
