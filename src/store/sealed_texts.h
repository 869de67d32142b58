#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "sql/connection.h"

/// All that is stored sealed: the secrets and credentials of hooks, the secrets of environments,
/// and the secret halves of their key pairs.
namespace esclusa::store {

/// Where a pass over all sealed texts is; a new one is at the beginning.
struct ResealPosition {
  size_t table = 0;
  int64_t after_id = 0;
};

struct ResealCount {
  int64_t resealed = 0;
  int64_t unreadable = 0;             ///< no key of the sealer opens these: they stay as they are
  std::string first_unreadable = {};  ///< where the first of them is, for people
};

/// Looks at the next `limit` rows, and seals again, by the key that seals now, what another one has
/// sealed; what that key has sealed is opened, too. False if no row was left.
bool reseal_some(sql::Writer& tx, const Sealer& sealer, ResealPosition& position, int limit,
                 ResealCount& count);

/// The texts that name one key.
struct KeyUse {
  std::string key_id;                 ///< `k1`; empty: the texts of before there were ids
  int64_t opened = 0;                 ///< texts
  int64_t unreadable = 0;             ///< texts that the sealer does not open
  std::string first_unreadable = {};  ///< where the first of them is, for people
};

enum class Opening {
  sample,  ///< of each key, texts until one opens
  all,
};

/// Each key that a sealed text names, and whether the sealer opens the texts. Nothing for a
/// database whose migrations are of before texts named keys.
std::vector<KeyUse> find_key_uses(sql::Reader& db, const Sealer& sealer, Opening opening);

}  // namespace esclusa::store
