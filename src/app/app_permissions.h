#pragma once
#include "app/apps.h"

/// What an app asks for, changed after its creation.
namespace esclusa::app {

/// What an app asks for from now on; what is absent stays.
struct AppChange {
  std::optional<core::Permissions> permissions = {};
  std::optional<std::vector<std::string>> events = {};
  /// Whether its installations get what it asks for and they lack, as if GitHub's owners of the
  /// accounts had accepted.
  bool accepted = false;
};

/// Changes the app. What it no longer asks for, its installations lose at once, also for live
/// tokens and for deliveries that wait; what is new they get only if that is accepted. Their
/// selections of repositories stay.
Result<AppOverview> change_app(const Context& context, const core::Actor& actor,
                               const std::string& slug, const AppChange& wanted);

}  // namespace esclusa::app
