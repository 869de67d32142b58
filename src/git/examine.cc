#include "git/examine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "git/alternates.h"

namespace esclusa::git {
namespace {

constexpr size_t entries_max = 4'000'000;  ///< of one walk, with all subfolders
constexpr size_t alternates_bytes = 64 * 1024;
constexpr int depth_max = 200;  ///< the name of a ref has at most 4096 bytes
/// The entries beside `objects` that git opens in the repository's folder.
constexpr std::string_view served_entries[] = {"HEAD", "packed-refs", "shallow",
                                               "refs", "logs",        "worktrees"};

/// The type of an entry; it is looked up if the file system does not list types.
mode_t kind_of(const Folder& folder, const Folder::Entry& entry) {
  if (entry.type != DT_UNKNOWN) return DTTOIF(entry.type);
  struct stat info{};
  const bool is_there =
      fstatat(folder.descriptor(), entry.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  return is_there ? info.st_mode & S_IFMT : S_IFREG;  // it was removed: nothing to open
}

Result<void> examine_folder(const Folder& folder, int depth, size_t& entries_left);

Result<void> examine_folder(const Folder& folder) {
  size_t entries_left = entries_max;
  return examine_folder(folder, 0, entries_left);
}

Result<void> examine_entry(const Folder& folder, const Folder::Entry& entry, int depth,
                           size_t& entries_left) {
  const mode_t kind = kind_of(folder, entry);
  if (S_ISREG(kind)) return {};
  if (!S_ISDIR(kind)) return unsafe_entry(folder.path_of(entry.name), kind);
  if (depth == depth_max) return cannot_read("examining " + folder.name(), "it is too deep");
  const auto inner = TRY(folder.folder(entry.name));
  return inner ? examine_folder(*inner, depth + 1, entries_left) : Result<void>{};
}

Result<void> examine_folder(const Folder& folder, int depth, size_t& entries_left) {
  const auto entries = TRY(folder.list(entries_left));
  entries_left -= entries.size();
  for (const Folder::Entry& entry : entries) {
    TRY(examine_entry(folder, entry, depth, entries_left));
  }
  return {};
}

struct Alternate {
  std::string line;    ///< the text in the file
  std::string folder;  ///< its meaning; empty if it cannot be found
};

/// The alternates that `objects`, an open object folder at `path`, names.
Result<std::vector<Alternate>> read_alternates(const Folder& objects, const std::string& path) {
  std::vector<Alternate> alternates;
  const std::string text = TRY(objects.read("info/alternates", alternates_bytes)).value_or("");
  for (std::string_view line : alternate_lines(text)) {
    std::error_code error;
    const std::string folder = resolve_alternate(path, line, error).string();
    alternates.push_back({std::string(line), error ? "" : folder});
  }
  return alternates;
}

std::unexpected<Error> undeclared(const Alternate& alternate) {
  const std::string named =
      "objects/info/alternates in the git repository names " + printable(alternate.line);
  if (alternate.folder.empty()) {
    return fail(ErrorCode::unavailable, named + ", which cannot be found.", "repository_unsafe");
  }
  return fail(ErrorCode::unavailable, named + ", which was not declared when it was registered.",
              "repository_unsafe");
}

}  // namespace

Result<void> examine_objects(const Folder& repository, const std::string& path,
                             const std::vector<std::string>& alternates) {
  const auto objects = TRY(repository.folder("objects"));
  if (!objects) return cannot_read("examining objects", "it is not there");
  TRY(examine_folder(*objects));
  std::vector<Alternate> to_visit = TRY(read_alternates(*objects, path + "/objects"));
  std::set<std::string> visited;
  while (!to_visit.empty()) {
    const Alternate next = std::move(to_visit.back());
    to_visit.pop_back();
    if (!visited.insert(next.folder).second) continue;
    const auto declared = std::ranges::find(alternates, next.folder);
    if (declared == alternates.end()) return undeclared(next);
    const Folder borrowed = TRY(Folder::open(*declared));
    TRY(examine_folder(borrowed));
    std::ranges::move(TRY(read_alternates(borrowed, *declared)), std::back_inserter(to_visit));
  }
  return {};
}

Result<void> examine_repository(const Folder& repository, const std::string& path,
                                const std::vector<std::string>& alternates) {
  size_t entries_left = entries_max;
  for (const Folder::Entry& entry : TRY(repository.list(entries_max))) {
    if (std::ranges::find(served_entries, entry.name) != std::end(served_entries)) {
      TRY(examine_entry(repository, entry, 0, entries_left));
    }
  }
  return examine_objects(repository, path, alternates);
}

}  // namespace esclusa::git
