#include "core/audit.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::core {

Result<AuditAuthor> parse_audit_author(std::string_view text) {
  constexpr std::string_view agent = "agent:", system = "system:";
  AuditAuthor author;
  if (text.starts_with(agent)) {
    const auto id = parse_positive(text.substr(agent.size()));
    if (!id) {
      return fail(ErrorCode::invalid,
                  "an agent is named by the id of its token, such as agent:7 "
                  "(see: esclusa agent tokens OWNER/NAME)",
                  "invalid_author");
    }
    author.kind = AuditAuthor::Kind::agent_token;
    author.agent_token_id = *id;
    return author;
  }
  if (text.starts_with(system)) {
    author.kind = AuditAuthor::Kind::system_user;
    text.remove_prefix(system.size());
  }
  author.name = text;
  return author;
}

bool is_action_prefix(std::string_view action) { return action.ends_with('.'); }

Result<void> check_action_filter(std::string_view action) {
  const bool is_well_formed = action.size() <= 100 && std::ranges::all_of(action, [](char c) {
                                return (c >= 'a' && c <= 'z') || c == '_' || c == '.';
                              });
  if (is_well_formed) return {};
  return fail(ErrorCode::invalid,
              "an action is such as deployment.create, or deployment. for all of that kind",
              "invalid_action");
}

}  // namespace esclusa::core
