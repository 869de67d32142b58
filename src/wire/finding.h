#pragma once
#include "base/json.h"
#include "base/json_writer.h"
#include "core/finding.h"
#include "core/known_holes.h"

namespace esclusa::wire {

/// `{"check": …, "what": …, "why": …, "remedy": …}`.
void write_finding(JsonWriter& json, const core::Finding& finding);
/// The same that another process has written; what is absent is empty.
core::Finding read_finding(const Json& json);

/// `{"name": "sqlite", "version": "3.40.1"}`.
void write_component(JsonWriter& json, const core::Component& component);

}  // namespace esclusa::wire
