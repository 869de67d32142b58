#include "core/permission.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::core {

Result<Permissions> Permissions::parse(std::string_view text) {
  Levels levels;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = trim(text.substr(begin, end - begin));
    begin = end + 1;
    const size_t equals = std::min(part.find('='), part.size());
    const auto permission = from_name<Permission>(part.substr(0, equals));
    const auto level = from_name<PermissionLevel>(equals < part.size() ? part.substr(equals + 1)
                                                                       : std::string_view());
    if (!permission || !level) {
      return fail(ErrorCode::invalid,
                  "'" + std::string(part) +
                      "' is no permission: write its name and level, as in deployments=write");
    }
    levels[*permission] = *level;
  }
  return Permissions(std::move(levels));
}

bool Permissions::has(Permission permission, PermissionLevel level) const {
  const auto found = levels_.find(permission);
  return found != levels_.end() && found->second >= level;
}

bool Permissions::include(const Permissions& others) const {
  return std::ranges::all_of(others.levels_,
                             [&](const auto& one) { return has(one.first, one.second); });
}

namespace {

void append(std::string& text, Permission permission, PermissionLevel level) {
  if (!text.empty()) text += ",";
  text += to_name(permission);
  text += "=";
  text += to_name(level);
}

}  // namespace

std::string Permissions::to_text() const {
  std::string text;
  for (const auto& [permission, level] : levels_) append(text, permission, level);
  return text;
}

std::string to_text(const NeededPermissions& needed) {
  std::string text;
  for (const auto& [permission, level] : needed) append(text, permission, level);
  return text;
}

}  // namespace esclusa::core
