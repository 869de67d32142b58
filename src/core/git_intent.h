#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// Git and the database are two systems: what is to happen in git is written down first, done
/// next, and settled last. What a crash leaves open is settled from the branch itself.
struct GitIntent {
  GitIntentId id;
  RepositoryId repository_id;
  std::string branch;  ///< full name
  std::string from_sha;
  std::string to_sha;
  AccountId actor_id;
  std::optional<TokenId> actor_token_id;
  std::string request_id;
  Timestamp created_at{};
};

enum class GitOutcome {
  open,       ///< not known yet
  moved,      ///< the branch has the commit
  abandoned,  ///< it never got it
};

template <>
struct enum_names<GitOutcome> {
  static constexpr NameTable<GitOutcome, 3> values{{{GitOutcome::open, "open"},
                                                    {GitOutcome::moved, "moved"},
                                                    {GitOutcome::abandoned, "abandoned"}}};
};

}  // namespace esclusa::core
