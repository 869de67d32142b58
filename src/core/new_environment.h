#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// What a deployment to an unknown environment does: `any` creates the environment, as on GitHub;
/// `known` refuses, so that a typing error creates no environment.
enum class NewEnvironments { any, known };

/// Checks a name for a new environment: valid for `check_environment_name`, without blanks at its
/// ends and without invisible characters, so that it does not look like another name. Existing
/// environments keep their names. 422 `invalid_environment_name`.
Result<void> check_new_environment_name(std::string_view name);

/// Whether a deployment may create the environment of that name. `known` are existing names that
/// look similar. 422 `invalid_environment_name`, `environment_unknown`.
Result<void> check_may_make(NewEnvironments policy, const std::string& name,
                            const std::vector<std::string>& known);

/// How many names are compared to find the nearest: some 10 ms if all have 255 characters.
inline constexpr int64_t compared_names = 200;
/// The number of characters to add, remove or replace to turn one name into the other;
/// case-insensitive.
size_t edit_distance(std::string_view one, std::string_view other);
/// The candidate with the smallest edit distance; nothing if the distance is more than a third of
/// the name.
std::optional<std::string> find_nearest(std::string_view name,
                                        const std::vector<std::string>& candidates);

template <>
struct enum_names<NewEnvironments> {
  static constexpr NameTable<NewEnvironments, 2> values{
      {{NewEnvironments::any, "any"}, {NewEnvironments::known, "known"}}};
};

}  // namespace esclusa::core
