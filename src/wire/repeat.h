#pragma once
#include <string_view>

#include "core/repeat.h"

/// The bodies of rollbacks, promotions and redeploys. They are Esclusa's own.
namespace esclusa::wire {

/// `{"reason", "to", "task", "expected_live", "expected_sha"}`. `to` is an id, `expected_live` an
/// id or `"none"`.
Result<core::NewRollback> parse_new_rollback(std::string_view text);
/// `{"from", "task", "reason", "required_contexts", "transient_environment",
/// "production_environment", "expected_live", "expected_sha"}`. `from` is required.
Result<core::NewPromotion> parse_new_promotion(std::string_view text);
/// `{"reason", "required_contexts", "expected_live", "expected_sha"}`.
Result<core::NewRedeploy> parse_new_redeploy(std::string_view text);

}  // namespace esclusa::wire
