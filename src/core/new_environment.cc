#include "core/new_environment.h"

#include <algorithm>
#include <numeric>

#include "core/invisible.h"
#include "core/names.h"

namespace esclusa::core {

Result<void> check_new_environment_name(std::string_view name) {
  TRY(check_environment_name(name));
  auto refused = [](std::string message) {
    return fail_validation({"Deployment", "environment", "custom", std::move(message)},
                           "invalid_environment_name");
  };
  if (name.starts_with(' ') || name.ends_with(' ')) {
    return refused("environment must neither begin nor end with a blank");
  }
  if (const auto invisible = find_invisible(name)) {
    return refused("environment has the invisible character " + code_point_text(*invisible) +
                   ", and looks like another name");
  }
  return {};
}

Result<void> check_may_make(NewEnvironments policy, const std::string& name,
                            const std::vector<std::string>& known) {
  TRY(check_new_environment_name(name));
  if (policy == NewEnvironments::any) return {};
  const auto nearest = find_nearest(name, known);
  return fail(ErrorCode::invalid,
              "There is no environment \"" + name + "\"" +
                  (nearest ? "; did you mean \"" + *nearest + "\"?" : ".") +
                  " In this repository an administrator makes environments, and no deployment.",
              "environment_unknown");
}

size_t edit_distance(std::string_view one, std::string_view other) {
  const std::string a = fold_case(one), b = fold_case(other);
  // The current row of the table: the distance from the part of `a` read so far to each prefix of
  // `b`.
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::optional<std::string> find_nearest(std::string_view name,
                                        const std::vector<std::string>& candidates) {
  if (candidates.empty()) return std::nullopt;
  const auto nearest = std::ranges::min_element(
      candidates, {}, [&](const std::string& candidate) { return edit_distance(name, candidate); });
  if (edit_distance(name, *nearest) * 3 > nearest->size()) return std::nullopt;
  return *nearest;
}

}  // namespace esclusa::core
