#include "ssh/git_folder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "git/head.h"
#include "ssh/session_folder.h"

namespace esclusa::ssh {
namespace {

namespace fs = std::filesystem;

constexpr size_t head_bytes = 4096;
/// The links are made even if their targets do not exist yet: refs may be packed at any time.
constexpr const char* always_linked[] = {"refs", "objects", "packed-refs"};
/// These are linked only if they exist: git continues existing reflogs, and must not begin new
/// ones.
constexpr const char* linked_if_there[] = {"shallow", "logs", "worktrees"};
constexpr const char* shared_setting = "core.sharedrepository";
constexpr std::string_view severity_prefix = "receive.fsck.";
constexpr std::string_view severities[] = {"error", "warn", "ignore"};

/// The settings of the repository that git gets. None of them raises memory or threads, or weakens
/// fsync.
constexpr std::string_view passed_settings[] = {
    // storage
    "core.compression", "core.filesreflocktimeout", "core.loosecompression",
    "core.packedrefstimeout",
    // packing for fetches
    "pack.allowpackreuse", "pack.compression", "pack.usebitmaps", "uploadpack.keepalive",
    // rules for pushes, and hidden refs
    "receive.denydeletes", "receive.denynonfastforwards", "receive.keepalive", "receive.hiderefs",
    "transfer.hiderefs", "uploadpack.hiderefs"};

template <class List>
bool contains(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != std::end(list);
}

/// False for a name with `=`, which would end the name on git's command line:
/// `receive.fsck.skipList=/file.x` would name a file.
bool is_one_name(std::string_view name) { return name.find_first_of("=\n") == name.npos; }

bool is_passed(const std::string& name, const std::string& value) {
  // This excludes receive.fsck.skipList, which names a file.
  if (name.starts_with(severity_prefix)) return is_one_name(name) && contains(severities, value);
  return contains(passed_settings, name);
}

/// The last value of the setting, which is the one that counts.
std::optional<std::string> value_of(const git::Configuration& configuration,
                                    const std::string& name) {
  const auto [begin, end] = configuration.equal_range(name);
  if (begin == end) return std::nullopt;
  return std::prev(end)->second;
}

/// Git reads this setting only from the configuration file. Its value is a word or an octal number.
std::string shared_line(const git::Configuration& configuration) {
  const auto value = value_of(configuration, shared_setting);
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!value || !std::ranges::all_of(*value, is_plain)) return {};
  return "\tsharedRepository = " + *value + "\n";
}

bool write_file(const fs::path& file, const std::string& text) {
  return static_cast<bool>(std::ofstream(file, std::ios::binary) << text << std::flush);
}

}  // namespace

Result<void> make_git_folder(const fs::path& folder, const git::Folder& repository,
                             const std::string& path, const git::Configuration& configuration) {
  const auto head = TRY(repository.read("HEAD", head_bytes));
  if (!head) return fail(ErrorCode::unavailable, "the repository has no HEAD");
  std::error_code error;
  fs::create_directory(folder, error);
  const std::string settings =
      std::string("[core]\n\trepositoryFormatVersion = 0\n\tbare = ") +
      (git::is_bare(value_of(configuration, "core.bare"), path) ? "true" : "false") + "\n" +
      shared_line(configuration);
  if (error || !write_file(folder / "HEAD", *head) || !write_file(folder / "config", settings)) {
    return folder_not_usable();
  }
  std::vector<std::string> linked(std::begin(always_linked), std::end(always_linked));
  for (const char* name : linked_if_there) {
    if (fs::exists(fs::symlink_status(fs::path(path) / name, error))) linked.emplace_back(name);
  }
  for (const std::string& name : linked) {
    fs::create_symlink(fs::path(path) / name, folder / name, error);
    if (error) return folder_not_usable();
  }
  return {};
}

std::vector<std::string> repository_settings(const git::Configuration& configuration) {
  std::vector<std::string> arguments;
  for (const auto& [name, value] : configuration) {
    if (is_passed(name, value)) arguments.insert(arguments.end(), {"-c", name + "=" + value});
  }
  return arguments;
}

}  // namespace esclusa::ssh
