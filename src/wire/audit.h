#pragma once
#include "base/json_writer.h"
#include "core/audit.h"

namespace esclusa::wire {

/// A row of the audit log. What it does not have is null.
void write_audit(JsonWriter& json, const core::AuditRow& row);

}  // namespace esclusa::wire
