#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "core/account.h"
#include "core/time_range.h"

/// The audit log as it is read: who did what, when and by what.
namespace esclusa::core {

using AuditId = Id<struct AuditTag>;

/// What is asked of the audit log. Empty texts and absent values filter nothing.
struct AuditQuery {
  TimeRange at = {};
  std::string by = {};          ///< a login, `agent:7` (its token) or `system:ada`
  std::string action = {};      ///< `claim.create`, or all that begin with `claim.`
  std::string repository = {};  ///< OWNER/NAME, also of removed repositories
  std::optional<int64_t> target_id = {};
  std::optional<AuditId> from = {};  ///< the newest row of the page
  int size = limits::page_default;
};

/// Who is meant by the filter `by`.
struct AuditAuthor {
  enum class Kind { account, agent_token, system_user };
  Kind kind = Kind::account;
  std::string name = {};       ///< a login, or the name of a system user
  int64_t agent_token_id = 0;  ///< of an agent
};
/// `invalid` if it begins like an agent but has no number.
Result<AuditAuthor> parse_audit_author(std::string_view text);

/// Whether the filter names all actions that begin so, such as `claim.`, and not a single one.
bool is_action_prefix(std::string_view action);
/// `invalid` if no action can be called like that.
Result<void> check_action_filter(std::string_view action);

/// A row, with the names that its ids have now. What an id refers to may be gone: then it has no
/// name.
struct AuditRow {
  struct Named {
    int64_t id = 0;
    std::optional<std::string> name = {};
  };
  AuditId id;
  Timestamp at{};
  std::string action = {};
  std::optional<Named> actor = {};
  std::optional<AccountKind> actor_kind = {};
  std::optional<Named> token = {};
  std::optional<Named> deploy_key = {};
  std::optional<Named> agent = {};      ///< the token of an agent
  std::optional<std::string> app = {};  ///< the slug of the app whose bot the actor is
  std::optional<std::string> system_user = {};
  std::optional<Named> repository = {};  ///< OWNER/NAME
  bool is_repository_removed = false;
  int64_t target_id = 0;
  std::string request_id = {};
  std::string detail = {};  ///< JSON text
};

/// One page, newest first. It ends early where many rows were looked at; `next` says where the
/// next one begins, and is absent at the end of the log.
struct AuditPage {
  std::vector<AuditRow> items = {};
  std::optional<AuditId> next = {};
};

}  // namespace esclusa::core
