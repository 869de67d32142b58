#pragma once
#include "core/account.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `simple-user`.
void write_account(JsonWriter& json, const core::Account& account, const Urls& urls);

}  // namespace esclusa::wire
