#pragma once
#include <chrono>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/access.h"
#include "app/context.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/recent_map.h"
#include "core/agent_seen.h"
#include "core/operation.h"

/// When agents were last heard of: docs/decisions/0039.
namespace esclusa::app {

/// How often a row says anew that an agent was heard of, at most.
inline constexpr std::chrono::seconds agent_seen_every{30};
/// Agents in one answer, and in one look of the figures.
inline constexpr int agents_listed = 10'000;

/// Collects when agents were heard of, so that no request waits for a commit. Any thread.
class AgentsSeen {
 public:
  /// Notes a request, if it is one of an agent: any by a token of an agent; by a token of an
  /// account those that claim a deployment, or read the feed.
  void note(const core::Actor& actor, const core::Operation& operation, std::string_view address,
            std::string_view version, Timestamp now);
  /// Notes that the agent still follows the feed, over a connection that stays open.
  void note_follows(const core::Actor& actor, Timestamp now);
  /// Writes what was noted since the last call, in one transaction; keeps it if that fails.
  void flush(store::Database& database);

 private:
  struct Known {
    Timestamp noted_at{};
    core::AgentSeen last;
  };
  using Key = std::string;  ///< `a7` for a token of an agent, `t7` for one of an account

  void note(const core::Actor& actor, const core::AgentSeen& seen, bool is_new_request);

  Mutex mutex_;
  RecentMap<Key, Known> known_ GUARDED_BY(mutex_){limits::counted_clients};
  std::unordered_map<Key, std::pair<core::AgentCredential, core::AgentSeen>> noted_
      GUARDED_BY(mutex_);
};

/// All agents, with their tokens: those of agents and then those of accounts, the newest first. Of
/// each kind at most `agents_listed`. Only for administrators of the site: 403 `not_site_admin`.
Result<std::vector<core::ListedAgent>> list_agents(Reader& db, const core::Actor& actor);
/// The agents of one repository.
std::vector<core::ListedAgent> list_agents(Reader& db, const RepositoryAccess& access);

/// When the agents of these tokens, all of one repository, were last heard of.
std::unordered_map<AgentTokenId, std::optional<core::AgentSeen>> agents_seen_in(
    Reader& db, std::span<const core::AgentGrant> grants);

}  // namespace esclusa::app
