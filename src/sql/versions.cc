#include "sql/versions.h"

#include <algorithm>

namespace esclusa::sql {

bool Versions::is_unchanged(Moment moment, std::span<const Slot> slots) const {
  return std::ranges::all_of(slots, [&](Slot slot) { return last_changes_[slot] <= moment; });
}

void Versions::begin_commit(std::span<const Slot> changed) {
  // A reader that begins from here on may see the rows before or after the commit: its moment is
  // too early for either.
  for (const Slot slot : changed) last_changes_[slot] = commits_ + 1;
}

void Versions::end_commit() { ++commits_; }

}  // namespace esclusa::sql
