#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// A planned change in git. Git and the database cannot share a transaction: the intent is stored
/// first, then git is changed, then the outcome is stored. After a crash, the branch itself shows
/// the outcome.
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
  open,       ///< the outcome is not known yet
  moved,      ///< the branch has the commit
  abandoned,  ///< the branch never got the commit
};

template <>
struct enum_names<GitOutcome> {
  static constexpr NameTable<GitOutcome, 3> values{{{GitOutcome::open, "open"},
                                                    {GitOutcome::moved, "moved"},
                                                    {GitOutcome::abandoned, "abandoned"}}};
};

}  // namespace esclusa::core
