#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/permission.h"

namespace esclusa::core {

/// Whether an installation with these permissions hears of events of that kind: each needs the
/// permission to read what it shows. Source: docs.github.com, "Webhook events and payloads".
bool may_hear(const Permissions& permissions, std::string_view event);

/// An app names its events one by one; it may name all that a hook of an organization may name, and
/// `deployment_protection_rule`. `invalid` otherwise.
Result<void> check_app_events(const std::vector<std::string>& events);

}  // namespace esclusa::core
