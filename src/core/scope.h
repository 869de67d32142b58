#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace esclusa::core {

/// GitHub's classic token scopes, as far as anything here asks for them or clients send them.
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

/// A set of scopes. A scope brings those that it implies (`repo` ⊃ `repo_deployment`, …).
/// Source: docs.github.com, "Scopes for OAuth apps".
class Scopes {
 public:
  Scopes() = default;
  Scopes(std::initializer_list<Scope> scopes);
  /// Comma- or blank-separated names; `invalid` names the unknown one.
  static Result<Scopes> parse(std::string_view text);

  bool has(Scope scope) const { return (closure_ & bit(scope)) != 0; }
  bool has_any(const Scopes& others) const { return (closure_ & others.named_) != 0; }
  /// The same set, without that one as a name of its own.
  Scopes without(Scope scope) const {
    Scopes fewer = *this;
    fewer.named_ &= ~bit(scope);
    return fewer;
  }
  bool empty() const { return named_ == 0; }
  /// `public_repo, repo:status`: what `X-OAuth-Scopes` shows; implied ones are left out, sorted.
  std::string to_text() const;

 private:
  static uint64_t bit(Scope scope) { return uint64_t{1} << static_cast<int>(scope); }
  void add(Scope scope);
  uint64_t named_ = 0;    ///< as given
  uint64_t closure_ = 0;  ///< with what they imply
};

}  // namespace esclusa::core
