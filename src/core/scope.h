#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace esclusa::core {

/// GitHub's classic token scopes: those that Esclusa requires or that clients send.
enum class Scope {
  repo,
  repo_status,
  repo_deployment,
  public_repo,
  repo_invite,
  security_events,
  workflow,
  admin_org,
  write_org,
  read_org,
  admin_repo_hook,
  write_repo_hook,
  read_repo_hook,
  admin_org_hook,
  admin_public_key,
  user,
  read_user,
  user_email,
  delete_repo,
};

/// A set of scopes. A scope includes those that it implies (`repo` ⊃ `repo_deployment`, …). Source:
/// docs.github.com, "Scopes for OAuth apps".
class Scopes {
 public:
  Scopes() = default;
  Scopes(std::initializer_list<Scope> scopes);
  /// Parses comma- or blank-separated names; `invalid` names an unknown one.
  static Result<Scopes> parse(std::string_view text);

  bool has(Scope scope) const { return (closure_ & bit(scope)) != 0; }
  bool has_any(const Scopes& others) const { return (closure_ & others.named_) != 0; }
  /// A copy in which `scope` is no longer named. Scopes that it implied stay included.
  Scopes without(Scope scope) const {
    Scopes fewer = *this;
    fewer.named_ &= ~bit(scope);
    return fewer;
  }
  bool empty() const { return named_ == 0; }
  /// `public_repo, repo:status`: the text of `X-OAuth-Scopes`, sorted, without implied scopes.
  std::string to_text() const;

 private:
  static uint64_t bit(Scope scope) { return uint64_t{1} << static_cast<int>(scope); }
  void add(Scope scope);
  uint64_t named_ = 0;    ///< as given
  uint64_t closure_ = 0;  ///< with the implied scopes
};

}  // namespace esclusa::core
