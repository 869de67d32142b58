#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// What a repository does with a deployment to an environment that is not there: make it, as on
/// GitHub, or refuse, so that no environment comes into being by a typing error.
enum class NewEnvironments { any, known };

/// A name that may be given to a new environment: one of `check_environment_name`, without blanks
/// at its ends and without invisible characters, so that it cannot be taken for another one's. What
/// has such a name already keeps it. 422 `invalid_environment_name`.
Result<void> check_new_environment_name(std::string_view name);

/// Whether a deployment may make the environment of that name; `known` are the names of those that
/// are there, and look like it. 422 `invalid_environment_name`, `environment_unknown`.
Result<void> check_may_make(NewEnvironments policy, const std::string& name,
                            const std::vector<std::string>& known);

/// So many names are compared to find the nearest: some 10 ms if all are of 255 characters.
inline constexpr int64_t compared_names = 200;
/// How many characters to add, remove or replace, without regard to case, to make one of the other.
size_t edit_distance(std::string_view one, std::string_view other);
/// The name that it takes the fewest such steps to; nothing if that is more than a third of it.
std::optional<std::string> find_nearest(std::string_view name,
                                        const std::vector<std::string>& candidates);

template <>
struct enum_names<NewEnvironments> {
  static constexpr NameTable<NewEnvironments, 2> values{
      {{NewEnvironments::any, "any"}, {NewEnvironments::known, "known"}}};
};

}  // namespace esclusa::core
