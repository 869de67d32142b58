#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "cli/commands.h"

namespace esclusa::cli {

/// `esclusa audit`: reads the audit log through the running server's socket.
void add_audit(CLI::App& app, Action& action);

/// A time of an option: RFC 3339 (`2026-11-21T08:30:00Z`), or so long ago (`2h`, `7d`).
Result<Timestamp> parse_when(std::string_view text, std::string_view option, Timestamp now);

/// Who a row of the audit log names: `ada`, `agent:7 (web-1)`, `deploy key 3`, `system:root`, or
/// `-`.
std::string who_of(const Json& row);

/// The cursor of the next page in a `Link` header.
std::optional<std::string> next_cursor(std::string_view link);

}  // namespace esclusa::cli
