#pragma once
#include <string_view>

#include "app/context.h"
#include "core/actor.h"

namespace esclusa::app {

/// Whether the text may be a credential at all; all others are refused without a look at any row.
bool has_credential_shape(std::string_view credential);

/// The actor that a credential stands for: a token of an account, of an app's installation or of an
/// agent, or the JWT of an app. `unauthenticated`, with GitHub's texts, if it is unknown, expired,
/// revoked or wrongly signed, or if its account, its installation or its app is blocked, suspended
/// or removed. `not_found` for a JWT of an app that is not there.
Result<core::Actor> authenticate(const Context& context, Reader& db, std::string_view credential);

/// Whether an actor that `authenticate` gave may still act. Its rows must not have changed since:
/// then only time can have ended its token. Notes that the token was used.
bool may_still_act(const Context& context, const core::Actor& actor);

}  // namespace esclusa::app
