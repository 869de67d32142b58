#include "git/ref_files.h"

#include <dirent.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "base/text.h"
#include "core/ref.h"
#include "git/limits.h"
#include "git/packed_refs.h"

namespace esclusa::git {
namespace {

constexpr size_t ref_file_bytes = 8 * 1024;  ///< a name may be as long as a path
constexpr int symbolic_depth = 5;            ///< git's limit

/// False for hidden refs.
bool is_ref_name(const std::string& name) {
  const auto names = core::candidate_ref_names(name);
  return names.size() == 1 && names.front() == name;
}

/// Parses the file of a loose ref.
Result<RefValue> parse(const std::string& name, std::string_view content) {
  constexpr std::string_view symbolic = "ref:";
  if (content.starts_with(symbolic)) {
    RefValue value;
    value.target = trim(content.substr(symbolic.size()));
    if (value.target.empty()) return cannot_read("reading " + name, "it names no ref");
    if (!is_ref_name(value.target)) value.target.clear();
    return value;
  }
  const std::string_view sha = content.substr(0, 40);
  constexpr std::string_view blanks = " \t\r\n";
  if (!core::is_full_sha(sha) || (content.size() > 40 && !blanks.contains(content[40]))) {
    return cannot_read("reading " + name, "it names no commit");
  }
  return RefValue{ascii_lower(sha), ""};
}

/// Walks the folders of loose refs.
class LooseRefs {
 public:
  LooseRefs(const Folder& repository, std::string_view prefix)
      : repository_(repository), prefix_(prefix) {}

  /// Passes each name to `receive`, unordered.
  Result<void> visit(const std::function<Result<void>(std::string name)>& receive) const {
    // By path from the repository on, so that nested folders hold no descriptors open.
    std::vector<std::string> folders = {prefix_.substr(0, prefix_.rfind('/'))};
    while (!folders.empty()) {
      const std::string name = std::move(folders.back());
      folders.pop_back();
      const auto folder = repository_.folder(name);
      if (!folder && name.size() < prefix_.size()) return std::unexpected(folder.error());
      if (!folder || !*folder) continue;
      for (const Folder::Entry& entry : TRY((*folder)->list(limits::listed_refs))) {
        std::string entry_name = name + "/" + entry.name;
        if (!is_ref_name(entry_name)) continue;
        const bool is_folder = TRY(is_folder_entry(**folder, entry));
        if (is_folder && may_lead_to_prefix(entry_name)) folders.push_back(std::move(entry_name));
        if (is_folder || entry.type == DT_LNK || entry.type == DT_FIFO) continue;
        if (entry_name.starts_with(prefix_)) TRY(receive(std::move(entry_name)));
      }
    }
    return {};
  }

 private:
  static Result<bool> is_folder_entry(const Folder& folder, const Folder::Entry& entry) {
    if (entry.type != DT_UNKNOWN) return entry.type == DT_DIR;
    const auto opened = folder.folder(entry.name);
    return opened && *opened;
  }
  bool may_lead_to_prefix(std::string folder) const {
    folder += '/';
    return folder.starts_with(prefix_) || prefix_.starts_with(folder);
  }

  const Folder& repository_;
  std::string prefix_;
};

/// Keeps the first `count` refs after a name, of those that are added.
class FirstRefs {
 public:
  FirstRefs(std::string_view after, size_t count) : after_(after), count_(count) {}

  /// False if no ref with a later name would be kept.
  bool add(std::string_view name, std::string_view sha) {
    if (name <= after_) return true;
    if (refs_.size() == count_) {
      if (name >= refs_.front().name) return false;
      std::ranges::pop_heap(refs_, {}, &ListedRef::name);
      refs_.pop_back();
    }
    refs_.push_back({std::string(name), ascii_lower(sha)});
    std::ranges::push_heap(refs_, {}, &ListedRef::name);
    return true;
  }
  /// Returns the refs, sorted.
  std::vector<ListedRef> take() {
    std::ranges::sort_heap(refs_, {}, &ListedRef::name);
    return std::move(refs_);
  }

 private:
  std::string_view after_;
  size_t count_;
  std::vector<ListedRef> refs_;  ///< a heap with the last name first
};

bool is_shown(std::string_view packed_name) {
  return !has_control_characters(packed_name) && !core::is_hidden_ref(packed_name);
}

/// Merges two sorted lists. If both have a name, the loose ref counts.
std::vector<ListedRef> merge(const std::vector<ListedRef>& loose,
                             const std::vector<ListedRef>& packed) {
  std::vector<ListedRef> all;
  std::ranges::set_union(loose, packed, std::back_inserter(all), {}, &ListedRef::name,
                         &ListedRef::name);
  return all;
}

std::unexpected<Error> too_many_refs() {
  return cannot_read("listing the refs", "there are too many");
}

}  // namespace

Result<std::optional<RefValue>> read_ref(const Folder& repository, const std::string& name) {
  if (auto content = TRY(repository.read(name, ref_file_bytes))) return TRY(parse(name, *content));
  // Packed refs after loose ones: a ref that is being packed is always in one of the two.
  const auto sha = TRY(TRY(PackedRefs::open(repository)).find(name));
  if (!sha) return std::nullopt;
  return RefValue{ascii_lower(*sha), ""};
}

Result<std::optional<std::string>> follow_ref(const Folder& repository, RefValue value) {
  for (int depth = 0; value.sha.empty(); ++depth) {
    if (value.target.empty()) return std::nullopt;
    if (depth == symbolic_depth) {
      return cannot_read("following " + value.target, "too many symbolic refs in a row");
    }
    auto next = TRY(read_ref(repository, value.target));
    if (!next) return std::nullopt;
    value = std::move(*next);
  }
  return std::move(value.sha);
}

Result<std::vector<ListedRef>> list_ref_files(const Folder& repository, std::string_view prefix) {
  std::vector<ListedRef> loose, packed;
  TRY(LooseRefs(repository, prefix).visit([&](std::string name) -> Result<void> {
    if (loose.size() == limits::listed_refs) return too_many_refs();
    loose.push_back({std::move(name), ""});
    return {};
  }));
  std::ranges::sort(loose, {}, &ListedRef::name);
  bool is_full = false;
  TRY(TRY(PackedRefs::open(repository)).visit(prefix, [&](auto name, auto sha) {
    if (packed.size() == limits::listed_refs) is_full = true;
    if (!is_full && is_shown(name)) packed.push_back({std::string(name), ascii_lower(sha)});
    return !is_full;
  }));
  if (is_full) return too_many_refs();
  std::ranges::sort(packed, {}, &ListedRef::name);
  return merge(loose, packed);
}

Result<std::vector<ListedRef>> list_ref_files_after(const Folder& repository,
                                                    std::string_view prefix, std::string_view after,
                                                    size_t count) {
  FirstRefs loose(after, count), packed(after, count);
  TRY(LooseRefs(repository, prefix).visit([&](const std::string& name) -> Result<void> {
    loose.add(name, "");
    return {};
  }));
  const auto refs = TRY(PackedRefs::open(repository));
  TRY(refs.visit(
      prefix, [&](auto name, auto sha) { return !is_shown(name) || packed.add(name, sha); },
      after));
  std::vector<ListedRef> all = merge(loose.take(), packed.take());
  if (all.size() > count) all.resize(count);
  return all;
}

}  // namespace esclusa::git
