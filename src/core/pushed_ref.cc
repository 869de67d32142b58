#include "core/pushed_ref.h"

#include <algorithm>

#include "base/limits.h"
#include "core/ref.h"

namespace esclusa::core {
namespace {

bool is_sha(std::string_view text) {
  return is_full_sha(text) &&
         std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'F'; });
}

}  // namespace

bool is_ref_change(const RefChange& change) {
  const auto names = candidate_ref_names(change.ref);
  return change.ref.starts_with("refs/") && change.ref.size() <= limits::ref_bytes &&
         !names.empty() && names.front() == change.ref && !is_hidden_ref(change.ref) &&
         is_sha(change.from_sha) && is_sha(change.to_sha) && change.from_sha != change.to_sha;
}

bool has_changed(const RefChange& change, const RefFacts& facts) {
  if (change.deletes()) return !facts.current_sha;
  if (!facts.current_sha || *facts.current_sha == change.from_sha) return false;
  if (*facts.current_sha == change.to_sha) return true;
  return facts.current_has_to && !facts.from_has_to;
}

}  // namespace esclusa::core
