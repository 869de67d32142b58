#include "bin/backup_commands.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <regex>
#include <thread>
#include <utility>

#include "backup/restore.h"
#include "base/json.h"
#include "base/keyring.h"
#include "base/text.h"
#include "bin/progress_line.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "client/refusal.h"
#include "http/download.h"

namespace esclusa {
namespace {

namespace fs = std::filesystem;
using cli::print_line;

constexpr int exit_incomplete = 3;  ///< the backup is whole, but lacks a repository

std::unexpected<Error> cannot(const std::string& what, const fs::path& path) {
  return fail(ErrorCode::unavailable,
              "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

// ------------------------------------------------------------------ backup

/// A file that has no name, or one that no backup has, until it is whole: whatever ends the command
/// before, nothing stays that looks like a backup.
class NewFile {
 public:
  /// `target`: its name at the end.
  static Result<NewFile> make(fs::path target) {
    NewFile made(std::move(target));
    const fs::path folder = made.folder();
    made.file_ = Descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (made.file_) return made;
    // This file system has no files without a name. Under the lock no other command uses the draft.
    made.draft_ = folder / ".esclusa-backup.part";
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    made.file_ = Descriptor(::open(made.draft_.c_str(), flags, 0600));
    if (!made.file_) return cannot("write into", folder);
    if (flock(made.file_.get(), LOCK_EX | LOCK_NB) != 0) {
      made.draft_.clear();
      return fail(ErrorCode::conflict, "another backup is being written into " + folder.string());
    }
    if (ftruncate(made.file_.get(), 0) != 0 || fchmod(made.file_.get(), 0600) != 0) {
      return cannot("write", made.draft_);
    }
    return made;
  }
  NewFile(NewFile&& other) noexcept
      : target_(std::move(other.target_)),
        draft_(std::exchange(other.draft_, {})),
        file_(std::move(other.file_)) {}
  ~NewFile() {
    if (!draft_.empty()) unlink(draft_.c_str());
  }

  int descriptor() const { return file_.get(); }

  /// Durably gives it its name, in place of a file that has it.
  Result<void> finish() {
    if (fsync(file_.get()) != 0) return cannot("write", target_);
    if (draft_.empty()) {
      // A link does not replace a file, but a rename does.
      const fs::path draft = folder() / (".esclusa-backup-" + std::to_string(getpid()) + ".part");
      const std::string opened = "/proc/self/fd/" + std::to_string(file_.get());
      unlink(draft.c_str());
      if (linkat(AT_FDCWD, opened.c_str(), AT_FDCWD, draft.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        return cannot("make", target_);
      }
      draft_ = draft;
    }
    if (rename(draft_.c_str(), target_.c_str()) != 0) return cannot("make", target_);
    draft_.clear();
    const Descriptor opened(::open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || fsync(opened.get()) != 0) return cannot("sync", folder());
    return {};
  }

 private:
  explicit NewFile(fs::path target) : target_(std::move(target)) {}
  fs::path folder() const {
    return target_.has_parent_path() ? target_.parent_path() : fs::path(".");
  }

  fs::path target_;
  fs::path draft_;  ///< empty while the file has no name
  Descriptor file_;
};

/// `esclusa-2026-11-30T12-00-00Z.tar`
std::string name_of_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof text, "esclusa-%Y-%m-%dT%H-%M-%SZ.tar", &parts);
  return text;
}

/// The backups in a folder that have such names, oldest first.
std::vector<fs::path> list_backups(const fs::path& folder) {
  static const std::regex form(R"(esclusa-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.tar)");
  std::vector<fs::path> list;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const bool is_file = entry.symlink_status(error).type() == fs::file_type::regular;
    if (is_file && std::regex_match(entry.path().filename().string(), form)) {
      list.push_back(entry.path());
    }
  }
  std::ranges::sort(list);
  return list;
}

/// Removes all backups in the folder but `made` and the newest others, so that `kept` are left. The
/// clock may have gone back: a name of the future is no reason to remove what was just made.
Result<void> remove_older(const fs::path& folder, const fs::path& made, size_t kept) {
  auto list = list_backups(folder);
  std::erase_if(list, [&](const fs::path& path) { return path.filename() == made.filename(); });
  for (size_t i = 0; i + kept <= list.size(); ++i) {
    if (unlink(list[i].c_str()) != 0) return cannot("remove", list[i]);
    print_line("removed " + list[i].string());
  }
  return {};
}

struct BackupOptions {
  std::string path;
  size_t keep = 0;
  std::shared_ptr<cli::SocketOptions> socket;
};

/// Asks the server for a backup, and writes it to the descriptor.
Result<backup::StreamCheck> fetch(const std::string& socket, int file) {
  backup::StreamCheck check;
  int error = 0;
  ProgressLine progress("written");
  progress.begin("the server copies its database");
  const auto write_all = [&](std::string_view bytes) {
    check.add(bytes);
    progress.show(check.size());
    while (!bytes.empty()) {
      const ssize_t count = ::write(file, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        error = errno;
        return false;
      }
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  };
  const auto answer = http::download(socket, "/esclusa/admin/backup", write_all);
  if (error != 0) {
    return fail(ErrorCode::unavailable,
                std::string("the backup cannot be written: ") + std::strerror(error));
  }
  if (const std::string reason = check.failure(); !reason.empty()) {
    return fail(ErrorCode::unavailable, "the server could not complete the backup: " + reason);
  }
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return std::unexpected(client::refusal(answer->status, Json::parse(answer->body)));
  }
  if (!check.is_whole()) {
    return fail(ErrorCode::unavailable, "the server's answer is not a whole backup");
  }
  return check;
}

/// Names what is not in the backup. The exit code.
int report_missing(const backup::Manifest& manifest) {
  int code = 0;
  for (const auto& repository : manifest.repositories) {
    if (repository.problem.empty()) continue;
    code = exit_incomplete;
    std::fprintf(stderr, "esclusa: the backup lacks the repository %s: %s\n",
                 printable(repository.full_name).c_str(), printable(repository.problem).c_str());
  }
  return code;
}

std::string described(const backup::StreamCheck& check) {
  return std::to_string(check.size()) + " bytes, SHA-256 " + check.sha256();
}

/// How many repositories a backup lacks that is gone down a pipe: the server's audit log says it, a
/// moment after the last byte.
Result<int64_t> count_missing(const cli::SocketOptions& socket, const std::string& sha256) {
  for (int tries = 0; tries < 100; ++tries) {
    const auto answer =
        TRY(socket.connect().call("GET", "/esclusa/admin/audit?action=backup.create&per_page=10"));
    for (const Json& row : answer.body.elements()) {
      if (row.string_at("detail", "sha256") != sha256) continue;
      return row.integer_at("detail", "missing_repositories").value_or(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return fail(ErrorCode::unavailable,
              "the server does not say whether the backup lacks a repository: see esclusa backup "
              "verify");
}

Result<int> make_backup(const BackupOptions& options) {
  const std::string socket = options.socket->socket;
  if (options.path == "-") {
    if (options.keep != 0) return fail(ErrorCode::invalid, "--keep needs a folder as PATH");
    if (isatty(STDOUT_FILENO) == 1) {
      return fail(ErrorCode::invalid, "standard output is a terminal: redirect it to a file");
    }
    const auto check = TRY(fetch(socket, STDOUT_FILENO));
    std::fprintf(stderr, "%s\n", described(check).c_str());
    const int64_t missing = TRY(count_missing(*options.socket, check.sha256()));
    if (missing == 0) return 0;
    std::fprintf(stderr,
                 "esclusa: the backup lacks %lld of the repositories: see esclusa backup "
                 "verify\n",
                 static_cast<long long>(missing));
    return exit_incomplete;
  }
  std::error_code error;
  const fs::path given = options.path;
  const bool is_folder = fs::is_directory(given, error);
  if (!is_folder && (options.keep != 0 || options.path.ends_with('/'))) {
    return fail(ErrorCode::invalid, "there is no folder " + options.path +
                                        (options.keep != 0 ? "; --keep needs one as PATH" : ""));
  }
  const fs::path target = is_folder ? given / name_of_now() : given;
  if (fs::exists(fs::symlink_status(target, error))) {
    return fail(ErrorCode::conflict,
                target.string() +
                    " exists already: name another file, or a folder, in which "
                    "each backup gets a name of its own");
  }
  NewFile file = TRY(NewFile::make(target));
  const auto check = TRY(fetch(socket, file.descriptor()));
  const auto manifest = TRY(backup::peek_manifest(file.descriptor()));
  TRY(file.finish());
  print_line(target.string() + ": " + described(check));
  // One that lacks something takes no complete one's place.
  if (const int code = report_missing(manifest); code != 0) return code;
  if (options.keep != 0) TRY(remove_older(given, target, options.keep));
  return 0;
}

// ------------------------------------------------------------------ verify and restore

Result<std::vector<SealingKey>> read_keys(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(keyring_file_bytes, '\0');
  const ssize_t count = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (count < 0) return cannot("read the key in", path);
  bytes.resize(static_cast<size_t>(count));
  auto keys = parse_keyring(bytes);
  wipe(bytes);
  if (keys) return *std::move(keys);
  return fail(ErrorCode::invalid,
              path + " has no key: it should be 32 bytes long, or have lines such as `k2 BASE64`");
}

/// The error with the name of the backup, if that is what it is about.
Error named(Error error, const std::string& path) {
  const std::string& reason = error.reason_code;
  const bool is_of_place =
      reason.empty() || reason == "folder_in_use" || reason == "place_of_others";
  if (!is_of_place) error.message = path + ": " + error.message;
  return error;
}

std::string with_count(int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what;
}

void print_contents(const backup::Verified& found) {
  const auto& manifest = found.manifest;
  const auto& contents = found.contents;
  int64_t bundles = 0, empty = 0;
  for (const auto& repository : manifest.repositories) {
    if (!repository.problem.empty()) continue;
    repository.member.empty() ? ++empty : ++bundles;
  }
  print_line("made       " + format_time(manifest.created_at) + " by " + manifest.made_by);
  print_line("size       " + with_count(found.size, "bytes"));
  print_line("sha256     " + found.sha256);
  print_line("schema     " + manifest.schema);
  print_line("holds      deployments " + std::to_string(contents.deployments) + ", accounts " +
             std::to_string(contents.accounts) + ", repositories " +
             std::to_string(contents.repositories));
  print_line("newest     " + (contents.newest_event_at
                                  ? "an event of " + format_time(*contents.newest_event_at)
                                  : std::string("no event")));
  print_line("bundles    " + std::to_string(bundles) + "; created repositories without a commit " +
             std::to_string(empty));
  print_line("elsewhere  " + std::to_string(found.registered.size()) +
             "; of these repositories it has the refs alone");
}

Result<int> verify(const std::string& path, const std::string& key_file) {
  std::vector<SealingKey> keys;
  if (!key_file.empty()) keys = TRY(read_keys(key_file));
  ProgressLine progress("read");
  auto found = backup::verify(path, keys, [&](auto done, auto of) { progress.show(done, of); });
  progress.clear();
  if (!found) return std::unexpected(named(std::move(found).error(), path));
  const bool lacks_one = std::ranges::any_of(
      found->manifest.repositories, [](const auto& each) { return !each.problem.empty(); });
  print_line(path + (lacks_one ? " can be restored, but lacks a repository" : " is whole"));
  print_contents(*found);
  print_line(keys.empty() ? "key        not compared: name its file by --secret-key-file"
                          : "key        the right one");
  return report_missing(found->manifest);
}

struct RestoreOptions {
  std::string path, data, key_file, owner;
  bool keeps_key_outside = false, sends_deliveries = false;
};

Result<backup::Owner> find_owner(const RestoreOptions& options) {
  if (options.owner.empty()) return backup::default_owner(options.data);
  passwd entry{};
  passwd* user = nullptr;
  std::array<char, 16 * 1024> texts{};
  getpwnam_r(options.owner.c_str(), &entry, texts.data(), texts.size(), &user);
  if (user == nullptr) {
    return fail(ErrorCode::invalid, "there is no system user " + options.owner);
  }
  if (geteuid() != 0 && user->pw_uid != geteuid()) {
    return fail(ErrorCode::forbidden, "only root can restore for another user");
  }
  return backup::Owner{user->pw_uid, user->pw_gid};
}

constexpr size_t shown_differences = 50;

void print_restored(const backup::Restored& restored, const RestoreOptions& options) {
  const auto& contents = restored.backup.contents;
  print_line(restored.folder.string() + " is restored");
  print_contents(restored.backup);
  if (options.sends_deliveries && contents.waiting_deliveries > 0) {
    print_line("deliveries " + with_count(contents.waiting_deliveries,
                                          "that waited are sent when the server starts"));
  } else if (restored.set_aside > 0) {
    print_line("deliveries " + with_count(restored.set_aside,
                                          "that waited are dead now: `esclusa hook replay` sends "
                                          "those that you still want"));
  }
  if (contents.held_deployments > 0) {
    print_line("waiting    " + with_count(contents.held_deployments,
                                          "deployments: those whose time has come are released "
                                          "when the server starts"));
  }
  if (contents.claimed_deployments > 0) {
    print_line("running    " + with_count(contents.claimed_deployments,
                                          "deployments: those whose agent does not come back end "
                                          "as error"));
  }
  for (size_t i = 0; i < restored.differences.size() && i < shown_differences; ++i) {
    const auto& difference = restored.differences[i];
    print_line("differs    " + difference.repository + " " + difference.what);
  }
  if (restored.differences.size() > shown_differences) {
    print_line("differs    and in " +
               with_count(static_cast<int64_t>(restored.differences.size() - shown_differences),
                          "more points"));
  }
  print_line("next       esclusa serve --data " + restored.folder.string() +
             (options.keeps_key_outside ? " --secret-key-file " + options.key_file : "") +
             "; docs/backup.md says what to look at first");
}

Result<int> restore(const RestoreOptions& options) {
  umask(077);
  const auto owner = TRY(find_owner(options));
  ProgressLine progress("read");
  auto restored = backup::restore({.backup = options.path,
                                   .folder = options.data,
                                   .keys = TRY(read_keys(options.key_file)),
                                   .keeps_key_outside = options.keeps_key_outside,
                                   .sends_deliveries = options.sends_deliveries,
                                   .user = owner.user,
                                   .group = owner.group},
                                  [&](auto done, auto of) { progress.show(done, of); });
  progress.clear();
  if (!restored) return std::unexpected(named(std::move(restored).error(), options.path));
  print_restored(*restored, options);
  return report_missing(restored->backup.manifest);
}

int exit_code(const Result<int>& result) { return result ? *result : cli::report(result.error()); }

void add_verify(CLI::App& group, cli::Action& action) {
  auto* command = group.add_subcommand(
      "verify", "Reads all of a backup, and says whether a server can be restored from it");
  auto path = std::make_shared<std::string>();
  auto key_file = std::make_shared<std::string>();
  command->add_option("path", *path, "The backup")->required();
  command->add_option("--secret-key-file", *key_file,
                      "Also check that this is the key that the data needs");
  command->footer(
      "The database and the bundles are unpacked into a folder below TMPDIR, and removed. Exit\n"
      "codes: 0, 1 if nothing can be restored from it, 3 if a repository is missing or damaged.");
  command->callback([=, &action] { action = [=] { return exit_code(verify(*path, *key_file)); }; });
}

void add_restore(CLI::App& app, cli::Action& action) {
  auto* command = app.add_subcommand("restore", "Makes a data folder from a backup");
  auto options = std::make_shared<RestoreOptions>();
  command->add_option("path", options->path, "The backup")->required();
  command->add_option("--data", options->data, "The folder: empty, or to be made")->required();
  command
      ->add_option("--secret-key-file", options->key_file,
                   "The key of the time of the backup, which is not in it")
      ->required();
  command->add_option("--owner", options->owner,
                      "The system user of the server (the owner of FOLDER, or of its parent)");
  command->add_flag("--keep-key-outside", options->keeps_key_outside,
                    "Do not put the key into the folder: the server is told of its file");
  command->add_flag("--send-waiting", options->sends_deliveries,
                    "Send the webhooks that waited when the backup was made");
  command->footer(
      "There is no folder unless it is ready for a server. Exit codes: 0, 1 if nothing is "
      "restored,\n"
      "3 if a repository is missing or damaged in the backup: it has no commit then. See\n"
      "docs/backup.md.");
  command->callback([=, &action] { action = [=] { return exit_code(restore(*options)); }; });
}

}  // namespace

void add_backup(CLI::App& app, cli::Action& action) {
  auto* command = app.add_subcommand("backup", "Writes a backup of the running server");
  auto options = std::make_shared<BackupOptions>();
  command->add_option("path", options->path,
                      "A file; a folder, which gets esclusa-TIME.tar; or - for standard output");
  command
      ->add_option("--keep", options->keep,
                   "Keep only so many backups in the folder, the newest ones")
      ->check(CLI::Range(1, 1'000'000'000));
  options->socket = cli::add_socket_options(*command);
  command->footer(
      "The backup has everything but the key: keep secret.key elsewhere. Exit codes: 0, 1 if "
      "there\n"
      "is no backup, 3 if a repository is missing in it.");
  add_verify(*command, action);
  command->callback([=, &action] {
    if (!command->get_subcommands().empty()) return;
    if (options->path.empty()) throw CLI::RequiredError("path");
    action = [=] { return exit_code(make_backup(*options)); };
  });
  add_restore(app, action);
}

}  // namespace esclusa
