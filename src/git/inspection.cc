#include <fcntl.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/text.h"
#include "git/config.h"
#include "git/declared_alternates.h"
#include "git/head.h"
#include "git/limits.h"
#include "git/registration.h"
#include "git/write_check.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;

constexpr size_t link_bytes = 8 * 1024;
constexpr size_t shallow_bytes = 64 * 1024;

/// The git directory: the folder itself or its `.git`. Parent folders are not searched: a folder
/// inside a repository is not that repository.
Result<Place> open_git_directory(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  if (error) return refuse(path, error.message() + ".");
  if (!fs::is_directory(canonical, error)) return refuse(canonical, "This is not a folder.");
  Place place = TRY(open_place(canonical));
  if (auto inner = TRY(find_place(place, ".git"))) return std::move(*inner);
  const auto link = TRY(read_file(place, ".git", link_bytes));
  if (!link) return place;
  const std::string_view target =
      link->starts_with("gitdir:") ? trim(std::string_view(*link).substr(7)) : "";
  return refuse(canonical, "Its file .git leads to " + printable(target) +
                               ": it is a linked work tree or a submodule. Add the repository that "
                               "it belongs to, by that one's own path.");
}

/// Checks for the entries by which git recognises a repository.
Result<void> check_shape(const Place& place) {
  const std::pair<const char*, bool> parts[] = {
      {"objects", TRY(find_place(place, "objects")).has_value()},
      {"refs", TRY(find_place(place, "refs")).has_value()},
      {"HEAD", TRY(read_file(place, "HEAD", link_bytes)).has_value()}};
  for (const auto& [name, is_there] : parts) {
    if (is_there) continue;
    return refuse(place.path, "This is not a git repository: it has no " + std::string(name) + ".");
  }
  const auto packed = place.folder.file("packed-refs", O_RDONLY);
  if (!packed) return cannot_open(place.path / "packed-refs", packed.error());
  return {};
}

/// Refuses repository formats that this program cannot read.
Result<void> check_format(const Place& place, const Configuration& configuration) {
  constexpr std::array known = {"noop", "preciousobjects", "worktreeconfig"};
  constexpr std::string_view extensions = "extensions.";
  for (const auto& [key, value] : configuration) {
    if (key == "extensions.partialclone" ||
        (key.starts_with("remote.") && key.ends_with(".promisor"))) {
      return refuse(place.path, "It is a partial clone, which lacks objects. Add a whole one.");
    }
    if (!key.starts_with(extensions)) continue;
    const std::string name = key.substr(extensions.size());
    if (name == "objectformat" && value != "sha1") {
      return refuse(place.path, "Its object format is " + printable(value) +
                                    ". Only repositories with SHA-1 object names are supported.");
    }
    if (name == "refstorage" && value != "files") {
      return refuse(place.path, "It keeps its refs as " + printable(value) +
                                    ". Only refs in files are supported.");
    }
    if (name == "objectformat" || name == "refstorage") continue;
    if (std::ranges::find(known, name) == known.end()) {
      return refuse(place.path, "Its format has the extension " + printable(name) +
                                    ", which is not known here.");
    }
  }
  return {};
}

Result<void> check_whole(const Place& place) {
  const auto shallow = TRY(read_file(place, "shallow", shallow_bytes));
  if (!shallow || trim(*shallow).empty()) return {};
  return refuse(place.path,
                "It is a shallow clone, which lacks the history. Fetch that first: git -C " +
                    printable(place.path.string()) + " fetch --unshallow");
}

Result<std::vector<std::string>> describe(const Place& place, const Inspection& inspection,
                                          const Configuration& configuration) {
  std::vector<std::string> found;
  const struct stat status = place.status();
  found.push_back(std::string(inspection.is_bare ? "It is bare." : "It has a work tree.") + " " +
                  ownership(status));
  if ((status.st_mode & S_IWOTH) != 0) {
    found.emplace_back("Everybody on this machine may write into it.");
  }
  if (const auto shared = configuration.find("core.sharedrepository");
      shared != configuration.end()) {
    found.push_back("core.sharedRepository is " + printable(shared->second) + ".");
  }
  for (const std::string& alternate : inspection.alternates) {
    found.push_back("It borrows objects from " + printable(alternate) + ".");
  }
  if (const auto linked = TRY(find_place(place, "worktrees"))) {
    const auto entries = linked->folder.list(limits::work_trees);
    if (!entries) {
      return refuse(linked->path, "It cannot be listed, or there are more than " +
                                      std::to_string(limits::work_trees) +
                                      " linked work trees. Remove those that are gone: git -C " +
                                      printable(place.path.string()) + " worktree prune");
    }
    found.push_back("It has linked work trees (" + std::to_string(entries->size()) +
                    "): a branch that one of them is on is never moved.");
  }
  return found;
}

}  // namespace

Result<Inspection> inspect(const fs::path& path, const Declaration& declared) {
  const Place place = TRY(open_git_directory(path));
  TRY(check_shape(place));
  const auto configuration = read_configuration(place.folder);
  if (!configuration) return cannot_open(place.path / "config", configuration.error());
  TRY(check_format(place, *configuration));
  TRY(check_whole(place));
  Inspection inspection;
  inspection.git_directory = place.path;
  inspection.is_bare = TRY(read_is_bare(place.path));
  DeclaredAlternates alternates(declared.alternates);
  TRY(alternates.follow(TRY(find_place(place, "objects")).value()));
  inspection.alternates = TRY(alternates.used());
  inspection.default_branch = TRY(read_head_branch(place.path));
  if (declared.writable) TRY(check_writable(place));
  inspection.found = TRY(describe(place, inspection, *configuration));
  if (declared.writable) {
    inspection.found.push_back("The server's user, " + server_user() + ", can write there.");
  }
  return inspection;
}

}  // namespace esclusa::git
