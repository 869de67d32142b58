#include "backup/bundles.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <future>
#include <iterator>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/niceness.h"
#include "base/process.h"
#include "base/text.h"
#include "core/ref.h"
#include "git/examine.h"
#include "git/program.h"
#include "git/refs.h"
#include "git/registration.h"
#include "git/repository.h"

namespace esclusa::backup {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto git_time = std::chrono::hours(12);  ///< the largest repositories take minutes
constexpr size_t error_bytes = 4096;
constexpr size_t refs_at_once = 1000;

/// One run of git on a repository.
struct Run {
  std::string git_directory;
  std::vector<std::string> arguments;
  Confinement files;
  std::string input = {};
  std::function<void(std::string_view)> on_output = [](std::string_view) {};
  const std::atomic<bool>* cancel = nullptr;
};

struct Ended {
  bool succeeded = false;
  bool cancelled = false;
  bool was_killed = false;  ///< by a signal, or because its time was over
  std::string errors;
};

Result<Ended> run_git(Run run) {
  ProcessSpec spec;
  spec.arguments = {"git", "--no-pager"};
  std::ranges::move(git::program_settings(), std::back_inserter(spec.arguments));
  // One thread: a backup has time, and what else the machine does has not.
  for (const char* setting : {"pack.threads=1", "core.bare=true", "core.commitGraph=false"}) {
    spec.arguments.insert(spec.arguments.end(), {"-c", setting});
  }
  std::ranges::move(run.arguments, std::back_inserter(spec.arguments));
  spec.environment = git::program_environment();
  spec.environment.push_back("GIT_DIR=" + run.git_directory);
  spec.time_limit = git_time;
  spec.input = std::move(run.input);
  spec.cancel = run.cancel;
  run.files.add(TRY(git::program_confinement()));
  spec.confinement = std::move(run.files);
  spec.on_output = std::move(run.on_output);
  Ended ended;
  spec.on_error_output = [&](std::string_view text) {
    ended.errors += text.substr(0, error_bytes - std::min(error_bytes, ended.errors.size()));
  };
  const ProcessOutcome outcome = TRY(run_process(spec));
  ended.succeeded = outcome.succeeded() && !outcome.timed_out;
  ended.cancelled = outcome.cancelled;
  ended.was_killed = !outcome.exit_code || outcome.timed_out;
  return ended;
}

/// What git said, as a part of a sentence.
std::string reason_of(const Ended& ended) {
  const std::string_view first = trim(split(ended.errors, '\n').front());
  return first.empty() ? "it ended without a message" : printable(first);
}

/// Writes to a descriptor what arrives in pieces, until it fails.
struct Output {
  int file;
  int error = 0;

  void write(std::string_view text) {
    while (error == 0 && !text.empty()) {
      const ssize_t count = ::write(file, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        error = errno;
        return;
      }
      text.remove_prefix(static_cast<size_t>(count));
    }
  }
};

/// `run_git` with the niceness of what computes for long, which git inherits. The rest of a backup
/// takes little of the processor, and holds a snapshot meanwhile: it should not wait for others.
Result<Ended> run_nicely(Run run) {
  return std::async(std::launch::async,
                    [&] {
                      be_nicer(limits::history_niceness);
                      return run_git(std::move(run));
                    })
      .get();
}

std::unexpected<Error> bad_bundle(const std::string& why) {
  return fail(ErrorCode::invalid, "git cannot read its bundle: " + why, "backup_damaged");
}

bool has_no_space(const Ended& ended) {
  return ended.errors.contains("No space left") || ended.errors.contains("quota exceeded");
}

/// What a run of git on a bundle says of it; an error of this machine says nothing of the bundle.
Result<void> judge(const Ended& ended) {
  if (ended.succeeded) return {};
  if (ended.cancelled) return fail(ErrorCode::unavailable, "it was cancelled", "cancelled");
  if (ended.was_killed || has_no_space(ended) || ended.errors.contains("ut of memory")) {
    return fail(ErrorCode::unavailable, "a bundle cannot be unpacked: " + reason_of(ended));
  }
  return bad_bundle(reason_of(ended));
}

/// A folder for one bundle, with what is in it.
class BundleFolder {
 public:
  explicit BundleFolder(fs::path path) : path_(std::move(path)) { remove(); }
  ~BundleFolder() { remove(); }
  BundleFolder(const BundleFolder&) = delete;

  bool make() const { return mkdir(path_.c_str(), 0700) == 0; }
  const fs::path& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path path_;
};

/// Takes a bundle's head off what git writes.
class BundleSplitter {
 public:
  explicit BundleSplitter(int pack) : pack_{pack} {}

  void add(std::string_view text) {
    if (is_in_pack_) return pack_.write(text);
    const size_t from = head_.empty() ? 0 : head_.size() - 1;
    head_ += text;
    const size_t end = head_.find("\n\n", from);
    if (end == head_.npos) return;
    is_in_pack_ = true;
    pack_.write(std::string_view(head_).substr(end + 2));
    head_.resize(end + 2);
  }
  bool has_failed() const { return pack_.error != 0; }
  std::string take_head() { return std::move(head_); }

 private:
  std::string head_;
  bool is_in_pack_ = false;
  Output pack_;
};

}  // namespace

Result<std::optional<Bundle>> make_bundle(const core::Repository& repository,
                                          const fs::path& folder, std::atomic<bool>& is_cancelled) {
  const auto no_space = [] {
    return fail(ErrorCode::unavailable, "there is no space left for a bundle", "storage_full");
  };
  const auto opened = TRY(git::Repository::open(repository));
  // git opens files by path: they are examined first, and confined to the folder that was opened.
  TRY(git::examine_repository(opened.folder(), repository.path, repository.alternates));
  const BundleFolder work(folder);
  const fs::path pack = folder / "bundle.pack";
  const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  if (!work.make()) return no_space();
  Descriptor file(::open(pack.c_str(), flags, 0600));
  if (!file) return no_space();
  BundleSplitter splitter(file.get());
  Confinement files{.readable = repository.alternates};
  files.readable.push_back("/proc/self/fd/" + std::to_string(opened.folder().descriptor()));
  const Ended ended = TRY(run_nicely({.git_directory = repository.path,
                                      .arguments = {"bundle", "create", "-", "--all"},
                                      .files = std::move(files),
                                      .on_output =
                                          [&](std::string_view text) {
                                            splitter.add(text);
                                            if (splitter.has_failed()) is_cancelled = true;
                                          },
                                      .cancel = &is_cancelled}));
  if (splitter.has_failed()) return no_space();
  const auto cancelled = [] {
    return fail(ErrorCode::unavailable, "the backup was cancelled", "cancelled");
  };
  if (ended.cancelled || is_cancelled) return cancelled();
  if (!ended.succeeded) {
    if (ended.errors.contains("empty bundle"))
      return std::nullopt;  // it has begun to write, though
    return fail(ErrorCode::unavailable, "git cannot bundle it: " + reason_of(ended), "git_failed");
  }
  const fs::path bare = folder / "empty.git";
  TRY(git::create_bare(bare, "main"));
  const Ended read = TRY(run_nicely({.git_directory = bare.string(),
                                     .arguments = {"index-pack", "--no-rev-index", "-o",
                                                   (folder / "bundle.idx").string(), pack.string()},
                                     .files = {.readable = {}, .writable = {folder.string()}},
                                     .cancel = &is_cancelled}));
  if (read.cancelled || is_cancelled) return cancelled();
  if (has_no_space(read)) return no_space();
  if (!read.succeeded) {
    return fail(ErrorCode::unavailable, "an object in it is damaged: " + reason_of(read),
                "git_failed");
  }
  return Bundle{splitter.take_head(), std::move(file)};
}

Result<void> unpack_bundle(const fs::path& bundle, const fs::path& path, const std::string& head,
                           const std::atomic<bool>* cancel) {
  constexpr std::string_view heads = "refs/heads/";
  const std::string branch =
      head.starts_with(heads) ? head.substr(heads.size()) : std::string("main");
  TRY(git::create_bare(path, branch));
  if (bundle.empty()) return {};
  std::string listed;
  const Confinement files{.readable = {bundle.string()}, .writable = {path.string()}};
  const Ended unpacked = TRY(run_git({.git_directory = path.string(),
                                      .arguments = {"bundle", "unbundle", bundle.string()},
                                      .files = files,
                                      .on_output = [&](std::string_view text) { listed += text; },
                                      .cancel = cancel}));
  TRY(judge(unpacked));
  std::string commands;
  for (const std::string_view line : split(listed, '\n')) {
    const size_t blank = line.find(' ');
    if (blank == line.npos || line.substr(blank + 1) == "HEAD") continue;
    const std::string_view sha = line.substr(0, blank), name = line.substr(blank + 1);
    if (!core::is_full_sha(sha) || !name.starts_with("refs/") || name.contains('\0')) {
      return bad_bundle("it has the ref " + printable(name));
    }
    // With NULs a name needs no quotes.
    commands += "create " + std::string(name) + '\0' + std::string(sha) + '\0';
  }
  const Ended updated = TRY(run_git({.git_directory = path.string(),
                                     .arguments = {"update-ref", "--stdin", "-z"},
                                     .files = files,
                                     .input = std::move(commands),
                                     .cancel = cancel}));
  TRY(judge(updated));
  const Ended walked = TRY(run_git({.git_directory = path.string(),
                                    .arguments = {"fsck", "--connectivity-only", "--no-dangling",
                                                  "--no-progress", "--no-reflogs"},
                                    .files = files,
                                    .cancel = cancel}));
  return judge(walked);
}

Result<RefList> list_refs(const core::Repository& repository) {
  const auto opened = TRY(git::Repository::open(repository));
  RefList list;
  list.head = TRY(opened.head()).value_or("");
  for (std::string after;;) {
    auto part = TRY(git::read_refs(opened, "refs/", after, refs_at_once));
    for (core::GitRef& ref : part.refs) {
      list.refs.push_back({std::move(ref.full_name), std::move(ref.sha)});
    }
    if (part.last_name.empty()) return list;
    after = part.last_name;
  }
}

Result<std::string> find_head(const core::Repository& repository) {
  const auto opened = TRY(git::Repository::open(repository));
  return TRY(opened.head()).value_or("");
}

}  // namespace esclusa::backup
