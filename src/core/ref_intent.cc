#include "core/ref_intent.h"

#include <algorithm>

#include "base/limits.h"
#include "core/ref.h"

namespace esclusa::core {
namespace {

constexpr std::string_view pushable_prefixes[] = {"refs/heads/", "refs/tags/", "refs/notes/"};

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

Result<void> check_pushable(std::string_view ref) {
  const auto begins_ref = [&](std::string_view prefix) { return ref.starts_with(prefix); };
  if (std::ranges::any_of(pushable_prefixes, begins_ref)) return {};
  return fail(ErrorCode::forbidden,
              std::string(ref) +
                  " cannot be pushed: only branches, tags and notes can (refs/heads/, refs/tags/, "
                  "refs/notes/)",
              "ref_not_pushable");
}

bool has_changed(const RefChange& change, const RefFacts& facts) {
  if (change.deletes()) return !facts.current_sha;
  if (!facts.current_sha || *facts.current_sha == change.from_sha) return false;
  if (*facts.current_sha == change.to_sha) return true;
  return facts.current_has_to && !facts.from_has_to;
}

}  // namespace esclusa::core
