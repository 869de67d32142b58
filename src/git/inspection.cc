#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/crypto.h"
#include "base/text.h"
#include "git/alternates.h"
#include "git/config.h"
#include "git/folder.h"
#include "git/head.h"
#include "git/limits.h"
#include "git/registration.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;

constexpr size_t link_bytes = 8 * 1024;
constexpr size_t list_bytes = 64 * 1024;
/// As deep as git itself follows them.
constexpr int alternates_depth = 5;

std::unexpected<Error> refuse(const fs::path& path, std::string_view problem,
                              const char* reason_code = "repository_refused") {
  return fail(ErrorCode::invalid, printable(path.string()) + ": " + std::string(problem),
              reason_code);
}

std::string user_name(uid_t id) {
  const passwd* user = getpwuid(id);
  return user != nullptr ? user->pw_name : std::to_string(id);
}

std::string group_name(gid_t id) {
  const group* found = getgrgid(id);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

/// `It belongs to git:git, mode 2775.`
std::string ownership(const struct stat& status) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777U);
  return "It belongs to " + user_name(status.st_uid) + ":" + group_name(status.st_gid) + ", mode " +
         mode + ".";
}

/// A folder that is examined, and its path.
struct Place {
  fs::path path;
  Folder folder;

  struct stat status() const {
    struct stat status{};
    fstat(folder.descriptor(), &status);
    return status;
  }
};

/// What could not be opened there, in words for who registers it.
std::unexpected<Error> cannot_open(const fs::path& path, const Error& error) {
  if (error.reason_code == "repository_unsafe") return refuse(path, error.message);
  const std::string user = user_name(geteuid());
  struct stat status{};
  const bool known = lstat(path.c_str(), &status) == 0;
  return refuse(path, "It cannot be read. The server's user is " + user + "." +
                          (known ? " " + ownership(status) : ""));
}

Result<Place> open_place(const fs::path& path) {
  auto folder = Folder::open(path);
  if (!folder) return cannot_open(path, folder.error());
  return Place{path, std::move(*folder)};
}

Result<std::optional<Place>> find_place(const Place& parent, const std::string& name) {
  auto folder = parent.folder.folder(name);
  if (!folder) return cannot_open(parent.path / name, folder.error());
  if (!*folder) return std::nullopt;
  return Place{parent.path / name, std::move(**folder)};
}

/// Nothing if it is not there.
Result<std::optional<std::string>> read_file(const Place& place, const std::string& name,
                                             size_t limit) {
  auto text = place.folder.read(name, limit);
  if (!text) return cannot_open(place.path / name, text.error());
  return std::move(*text);
}

/// The git directory that a folder is, or that is its `.git`. Named, not searched for: a folder
/// inside of a repository is not that repository.
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

/// What makes a folder a repository to git.
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

/// Formats of which this program reads one.
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
  const auto shallow = TRY(read_file(place, "shallow", list_bytes));
  if (!shallow || trim(*shallow).empty()) return {};
  return refuse(place.path,
                "It is a shallow clone, which lacks the history. Fetch that first: git -C " +
                    printable(place.path.string()) + " fetch --unshallow");
}

/// Finds from where objects are borrowed, and that all of it was declared.
class Alternates {
 public:
  explicit Alternates(const std::vector<fs::path>& declared) {
    for (const fs::path& path : declared) declared_.push_back({path, {}, false});
  }

  Result<void> follow(const Place& objects, int depth = 1) {
    const auto text = TRY(read_file(objects, "info/alternates", list_bytes)).value_or("");
    for (const std::string_view line : alternate_lines(text)) {
      TRY(follow_line(objects, line, depth));
    }
    return {};
  }

  /// Those that were declared, all of which are borrowed from.
  Result<std::vector<std::string>> used() const {
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

 private:
  struct Declared {
    fs::path named;
    fs::path canonical;
    bool is_used = false;
  };

  Result<void> follow_line(const Place& objects, std::string_view line, int depth) {
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

  /// Notes that the folder is borrowed from; false if nobody declared it.
  Result<bool> note(const fs::path& target) {
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

  std::vector<Declared> declared_;
};

/// Makes a file in the folder, writes to it, and removes it; 0, or why that cannot be.
int try_to_write(const Folder& folder) {
  const std::string name = ".esclusa-" + hex(random_bytes(8));
  int error = 0;
  {
    const Descriptor file(openat(folder.descriptor(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || write(file.get(), "x", 1) != 1) error = errno;
  }
  unlinkat(folder.descriptor(), name.c_str(), 0);
  return error;
}

int ask_to_write(const Folder& folder) {
  return faccessat(folder.descriptor(), ".", W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

std::unexpected<Error> not_writable(const Place& repository, const Place& place, int error) {
  const std::string user = user_name(geteuid());
  std::string advice = " Or add it without --writable.";
  if (error == EACCES || error == EPERM) {
    advice = " Let that user write there, for example with: setfacl -R -m u:" + user +
             ":rwX -m d:u:" + user + ":rwX " + printable(repository.path.string()) + advice;
  }
  return refuse(place.path,
                "The server's user, " + user + ", cannot write here (" +
                    std::generic_category().message(error) + "). " + ownership(place.status()) +
                    advice,
                "repository_not_writable");
}

/// Tries the folders in which Esclusa makes files, as far as they are there.
Result<void> check_writable(const Place& repository) {
  auto judge = [&](const std::string& name, int (*find_error)(const Folder&)) -> Result<void> {
    const auto place = TRY(find_place(repository, name));
    if (!place) return {};
    if (const int error = find_error(place->folder)) return not_writable(repository, *place, error);
    return {};
  };
  for (const char* name : {"objects", "refs", "refs/heads", "refs/deployments"}) {
    TRY(judge(name, try_to_write));
  }
  for (unsigned i = 0; i < 256; ++i) {
    char name[] = "objects/00";
    std::snprintf(name, sizeof name, "objects/%02x", i & 0xffU);
    TRY(judge(name, ask_to_write));
  }
  return {};
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
  Alternates alternates(declared.alternates);
  TRY(alternates.follow(TRY(find_place(place, "objects")).value()));
  inspection.alternates = TRY(alternates.used());
  inspection.default_branch = TRY(read_head_branch(place.path));
  if (declared.writable) TRY(check_writable(place));
  inspection.found = TRY(describe(place, inspection, *configuration));
  if (declared.writable) {
    inspection.found.push_back("The server's user, " + user_name(geteuid()) + ", can write there.");
  }
  return inspection;
}

}  // namespace esclusa::git
