#include "git/declared_alternates.h"

#include <algorithm>
#include <system_error>

#include "base/text.h"
#include "git/alternates.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;

/// git's own limit.
constexpr int alternates_depth = 5;
constexpr size_t list_bytes = 64 * 1024;

}  // namespace

DeclaredAlternates::DeclaredAlternates(const std::vector<fs::path>& declared) {
  for (const fs::path& path : declared) declared_.push_back({path, {}, false});
}

Result<void> DeclaredAlternates::follow(const Place& objects, int depth) {
  const auto text = TRY(read_file(objects, "info/alternates", list_bytes)).value_or("");
  for (const std::string_view line : alternate_lines(text)) {
    TRY(follow_line(objects, line, depth));
  }
  return {};
}

Result<std::vector<std::string>> DeclaredAlternates::used() const {
  std::vector<std::string> paths;
  for (const Declared& declared : declared_) {
    if (!declared.is_used) {
      return refuse(declared.named, "The repository borrows no objects from there.",
                    "undeclared_alternate");
    }
    paths.push_back(declared.canonical.string());
  }
  std::ranges::sort(paths);
  const auto rest = std::ranges::unique(paths);
  paths.erase(rest.begin(), rest.end());
  return paths;
}

Result<void> DeclaredAlternates::follow_line(const Place& objects, std::string_view line,
                                             int depth) {
  const fs::path file = objects.path / "info/alternates";
  std::error_code error;
  const fs::path target = resolve_alternate(objects.path, line, error);
  if (error) {
    return refuse(file,
                  "It borrows objects from " + printable(line) + ": " + error.message() + ".");
  }
  if (depth > alternates_depth) {
    return refuse(file, "It borrows objects over too many other repositories.");
  }
  if (!TRY(note(target))) {
    return refuse(file,
                  "It borrows objects from " + printable(target.string()) +
                      ", and whoever may read it could read those. If that is meant, add: "
                      "--alternate " +
                      printable(target.string()),
                  "undeclared_alternate");
  }
  return follow(TRY(open_place(target)), depth + 1);
}

Result<bool> DeclaredAlternates::note(const fs::path& target) {
  bool is_declared = false;
  for (Declared& declared : declared_) {
    std::error_code error;
    const fs::path canonical = fs::canonical(declared.named, error);
    if (error) return refuse(declared.named, error.message() + ".");
    if (canonical != target) continue;
    declared.canonical = target;
    declared.is_used = is_declared = true;
  }
  return is_declared;
}

}  // namespace esclusa::git
