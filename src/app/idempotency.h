#pragma once
#include <optional>

#include "app/context.h"
#include "core/idempotency_key.h"
#include "store/idempotency.h"

/// `Idempotency-Key`: for 24 hours a request with the same key and the same body creates nothing
/// new.
namespace esclusa::app {

store::IdempotencyKeyOwner owner_of(const RepositoryAccess& access,
                                    const core::IdempotencyKey& key);

/// The id of what was created with the key, if the body was the same; 422 `idempotency_key_reused`
/// if it was different.
Result<std::optional<int64_t>> find_made(store::Connection& db, const RepositoryAccess& access,
                                         const core::IdempotencyKey& key, Timestamp now);

}  // namespace esclusa::app
