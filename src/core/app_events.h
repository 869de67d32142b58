#pragma once
#include <string_view>

#include "core/permission.h"

namespace esclusa::core {

/// Whether an installation with these permissions hears of events of that kind: each needs the
/// permission to read what it shows. Source: docs.github.com, "Webhook events and payloads".
bool may_hear(const Permissions& permissions, std::string_view event);

}  // namespace esclusa::core
