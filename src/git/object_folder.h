#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "git/folder.h"
#include "git/pack.h"

namespace esclusa::git {

/// A folder `objects` of a repository: packs, which are opened one by one as they are needed, then
/// loose objects. One thread at a time.
class ObjectFolder {
 public:
  /// `reads` must live as long as this.
  ObjectFolder(Folder folder, ObjectReads& reads) : folder_(std::move(folder)), reads_(&reads) {}

  /// Each gives nothing if the object is not there. A pack that is broken or leads out is left out;
  /// one that cannot be read now is an error, since the object may be in it.
  Result<std::optional<RawObject>> read(const git_oid& id);
  Result<std::optional<ObjectHeader>> read_header(const git_oid& id);
  Result<bool> has(const git_oid& id);
  /// Adds what begins with so many digits.
  Result<void> find_prefix(const git_oid& prefix, size_t digit_count, PrefixMatch& match);
  /// The next call looks whether there are new packs.
  void refresh() { has_listed_ = false; }

 private:
  struct Found {
    Pack* pack;
    off_t at;
  };
  Result<std::optional<Found>> find_packed(const git_oid& id);
  Result<void> list_packs();
  /// False if there are no more.
  Result<bool> open_next_pack();

  Folder folder_;
  ObjectReads* reads_;
  std::vector<Pack> packs_;            ///< the one that had the last object is in front
  std::vector<std::string> unopened_;  ///< names of packs
  std::set<std::string> known_;        ///< all of them
  bool has_listed_ = false;
};

}  // namespace esclusa::git
