#include "core/ref.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

constexpr std::string_view hidden_prefix = "refs/deployments/";

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The rules of git-check-ref-format(1) for each part between slashes.
bool is_ref_component(std::string_view component) {
  return !component.empty() && component.front() != '.' && !component.ends_with(".lock");
}

/// The rules of git-check-ref-format(1) for a full name that begins with `refs/`.
bool is_full_ref_name(std::string_view name) {
  constexpr std::string_view forbidden = " ~^:?*[\\";
  return !has_control_characters(name) && name.find_first_of(forbidden) == name.npos &&
         !name.contains("..") && !name.contains("@{") && !name.ends_with('.') &&
         std::ranges::all_of(split(name, '/'), is_ref_component);
}

}  // namespace

std::vector<std::string> candidate_ref_names(std::string_view ref) {
  // git accepts `refs/heads/@` but reads `@` alone as HEAD, so nobody means a branch by it.
  if (ref.empty() || ref == "@" || ref.size() > limits::ref_bytes) return {};
  const bool is_full = ref.starts_with("refs/");
  const std::string branch = (is_full ? "" : "refs/heads/") + std::string(ref);
  if (!is_full_ref_name(branch) || is_hidden_ref(branch)) return {};
  if (is_full) return {branch};
  return {branch, "refs/tags/" + std::string(ref)};
}

bool is_full_sha(std::string_view ref) {
  return ref.size() == 40 && std::ranges::all_of(ref, is_hex_digit);
}

bool is_abbreviated_sha(std::string_view ref) {
  return ref.size() >= 7 && ref.size() < 40 && std::ranges::all_of(ref, is_hex_digit);
}

RefKind kind_of_full_name(std::string_view full_name) {
  if (full_name.empty()) return RefKind::commit;
  if (full_name.starts_with("refs/heads/")) return RefKind::branch;
  if (full_name.starts_with("refs/tags/")) return RefKind::tag;
  return RefKind::other_ref;
}

bool is_hidden_ref(std::string_view full_name) {
  return full_name.starts_with(hidden_prefix) ||
         full_name == hidden_prefix.substr(0, hidden_prefix.size() - 1);
}

std::string keep_ref_name(std::string_view sha) {
  return std::string(hidden_prefix) + ascii_lower(sha);
}

}  // namespace esclusa::core
