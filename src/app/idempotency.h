#pragma once
#include <optional>

#include "app/access.h"
#include "app/change.h"
#include "core/idempotency_key.h"
#include "store/idempotency.h"

/// `Idempotency-Key`: for 24 hours a request with the same key and the same body creates nothing
/// new.
namespace esclusa::app {

store::IdempotencyKeyOwner owner_of(const RepositoryAccess& access,
                                    const core::IdempotencyKey& key);

/// The id of what was created with the key, if the body was the same; 422 `idempotency_key_reused`
/// if it was different.
Result<std::optional<int64_t>> find_made(Reader& db, const RepositoryAccess& access,
                                         const core::IdempotencyKey& key, Timestamp now);

/// Takes the key for what this change creates. False if another request has it.
bool take_key(Change& change, const RepositoryAccess& access, const core::IdempotencyKey& key);

}  // namespace esclusa::app
