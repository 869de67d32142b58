#include "app/agents_seen.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "core/operations/deployments.h"
#include "core/operations/server.h"
#include "store/agents_seen.h"

namespace esclusa::app {
namespace {

namespace operations = core::operations;

constexpr size_t version_bytes = 200;  // of a `User-Agent`; that of a browser has some 120

bool reads_feed(const core::Operation& operation) {
  return &operation == &operations::read_events ||
         &operation == &operations::read_repository_events;
}

bool is_of_agents_alone(const core::Operation& operation) {
  return reads_feed(operation) || &operation == &operations::create_claim ||
         &operation == &operations::renew_claim || &operation == &operations::release_claim;
}

std::optional<core::AgentCredential> credential_of(const core::Actor& actor) {
  if (actor.agent() != nullptr) return actor.agent()->token.id;
  if (actor.token() != nullptr) return actor.token()->id;
  return std::nullopt;
}

std::string key_of(const core::AgentCredential& credential) {
  const auto* agent = std::get_if<AgentTokenId>(&credential);
  return agent != nullptr ? "a" + std::to_string(agent->value)
                          : "t" + std::to_string(std::get<TokenId>(credential).value);
}

}  // namespace

void AgentsSeen::note(const core::Actor& actor, const core::Operation& operation,
                      std::string_view address, std::string_view version, Timestamp now) {
  if (actor.agent() == nullptr && (actor.token() == nullptr || !is_of_agents_alone(operation))) {
    return;
  }
  core::AgentSeen seen{.last_seen_at = now,
                       .address = std::string(address),
                       .version = printable(version.substr(0, version_bytes)),
                       .last_action = std::string(operation.name)};
  if (reads_feed(operation)) seen.feed_read_at = now;
  note(actor, seen, true);
}

void AgentsSeen::note_follows(const core::Actor& actor, Timestamp now) {
  note(actor,
       {.last_seen_at = now,
        .feed_read_at = now,
        .last_action = std::string(operations::read_events.name)},
       false);
}

void AgentsSeen::note(const core::Actor& actor, const core::AgentSeen& seen, bool is_new_request) {
  const auto credential = credential_of(actor);
  if (!credential) return;
  const Key key = key_of(*credential);
  const Lock lock(mutex_);
  Known& known = known_.at(key);
  const auto address = std::exchange(known.last.address, {});
  const auto version = std::exchange(known.last.version, {});
  const bool has_begun_to_read = seen.feed_read_at && !known.last.feed_read_at;
  const auto feed_read_at = seen.feed_read_at ? seen.feed_read_at : known.last.feed_read_at;
  known.last = seen;
  known.last.feed_read_at = feed_read_at;
  if (!is_new_request) {  // whoever opened the connection has said these
    known.last.address = address;
    known.last.version = version;
  }
  if (seen.last_seen_at - known.noted_at < agent_seen_every && !has_begun_to_read) return;
  known.noted_at = seen.last_seen_at;
  noted_.insert_or_assign(key, std::pair(*credential, known.last));
}

void AgentsSeen::flush(store::Database& database) {
  decltype(noted_) taken;
  {
    const Lock lock(mutex_);
    taken.swap(noted_);
  }
  if (taken.empty()) return;
  const auto written = database.write([&](store::Writer& tx) {
    for (const auto& [key, noted] : taken) store::note_agent_seen(tx, noted.first, noted.second);
  });
  if (written) return;
  const Lock lock(mutex_);
  noted_.merge(taken);
}

Result<std::vector<core::ListedAgent>> list_agents(Reader& db, const core::Actor& actor) {
  // An installation acts for its app, whatever its bot is.
  if (actor.account() == nullptr || !actor.account()->site_admin ||
      actor.installation() != nullptr) {
    return fail(ErrorCode::forbidden, "You must be a site administrator.", "not_site_admin");
  }
  auto agents = store::list_agent_tokens_seen(db, std::nullopt, agents_listed);
  std::ranges::move(store::list_account_tokens_seen(db, agents_listed), std::back_inserter(agents));
  return agents;
}

std::vector<core::ListedAgent> list_agents(Reader& db, const RepositoryAccess& access) {
  return store::list_agent_tokens_seen(db, access.repository.id, agents_listed);
}

std::unordered_map<AgentTokenId, std::optional<core::AgentSeen>> agents_seen_in(
    Reader& db, std::span<const core::AgentGrant> grants) {
  std::unordered_map<AgentTokenId, std::optional<core::AgentSeen>> seen;
  if (grants.empty()) return seen;
  const RepositoryId repository = grants.front().repository_id;
  for (auto& agent : store::list_agent_tokens_seen(db, repository, agents_listed)) {
    seen.emplace(std::get<AgentTokenId>(agent.credential), std::move(agent.seen));
  }
  return seen;
}

}  // namespace esclusa::app
