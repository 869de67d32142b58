#pragma once
#include <string>

#include "base/json.h"

/// What the commands of `esclusa app` print.
namespace esclusa::cli {

/// The string member, or the empty text.
std::string text_at(const Json& json, const char* member);
/// `/apps/SLUG`, below the administrator's root.
std::string app_path(const std::string& slug);

/// An installation, on one line.
void print_installation(const Json& installation, const std::string& indent = "");
/// An app with its keys and installations.
void print_app(const Json& app);
/// What stays of what an app made; nothing if nothing does.
void print_remains(const Json& remains);

}  // namespace esclusa::cli
