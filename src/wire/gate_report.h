#pragma once
#include "base/json_writer.h"
#include "core/gates.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// Each gate with its state, its reason, who can open it, and when it opens.
void write_gates(JsonWriter& json, const std::vector<core::GateVerdict>& verdicts);
void write_gate_report(JsonWriter& json, const core::GateReport& report,
                       const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
