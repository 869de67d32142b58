#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "git/folder.h"
#include "git/pack.h"

namespace esclusa::git {

/// An object folder of a repository. Packs, which are opened one by one when needed, are read
/// before loose objects. One thread at a time.
class ObjectFolder {
 public:
  /// `reads` must outlive this object.
  ObjectFolder(Folder folder, ObjectReads& reads) : folder_(std::move(folder)), reads_(&reads) {}

  /// Each returns nothing if the object does not exist. A pack that is broken or leads out of the
  /// folder is ignored; a pack that cannot be read now is an error, since it may contain the
  /// object.
  Result<std::optional<RawObject>> read(const git_oid& id);
  Result<std::optional<ObjectHeader>> read_header(const git_oid& id);
  Result<bool> has(const git_oid& id);
  /// Adds the ids that begin with so many hex digits of `prefix`.
  Result<void> find_prefix(const git_oid& prefix, size_t digit_count, PrefixMatch& match);
  /// The next call lists the packs again.
  void refresh() { has_listed_ = false; }

 private:
  struct Found {
    Pack* pack;
    off_t at;
  };
  Result<std::optional<Found>> find_packed(const git_oid& id);
  Result<void> list_packs();
  /// False if there are no more packs.
  Result<bool> open_next_pack();

  Folder folder_;
  ObjectReads* reads_;
  std::vector<Pack> packs_;            ///< the pack of the last object is first
  std::vector<std::string> unopened_;  ///< names of packs that are not opened yet
  std::set<std::string> known_;        ///< names of all listed packs
  bool has_listed_ = false;
};

}  // namespace esclusa::git
