#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "backup/file.h"
#include "base/crypto.h"
#include "store/restoration.h"

namespace esclusa::backup {

/// What was found in a backup that is whole. Where git cannot read a bundle, the manifest's
/// repository has a problem, and no member.
struct Verified {
  Manifest manifest;
  int64_t size = 0;
  std::string sha256;
  store::Contents contents;
  std::vector<File::Registered> registered;
};

/// Reads everything in the backup: the file's digests, the database's integrity and schema, the
/// bundles by git, which unpacks them, and, unless `keys` is empty, whether these keys are the
/// data's. Writes its database and bundles into a temporary folder, which is removed, also when
/// SIGINT, SIGTERM or SIGHUP ends the process meanwhile. Errors: as of `File`, and `invalid`:
/// `wrong_key`, `schema_unknown`, `schema_changed`, `storage_damaged`.
Result<Verified> verify(const std::filesystem::path& path, const std::vector<SealingKey>& keys,
                        const Progress& progress);

struct RestoreInput {
  std::filesystem::path backup;
  std::filesystem::path folder;  ///< empty or missing
  std::vector<SealingKey> keys;
  bool keeps_key_outside = false;  ///< the folder gets no secret.key
  bool sends_deliveries = false;   ///< those that waited are sent, and not set aside
  uid_t user = 0;                  ///< who owns it then; only root may name another user
  gid_t group = 0;
};

/// A ref, or a repository, that is not as the backup knew it.
struct Difference {
  std::string repository;
  std::string what;  ///< the end of a sentence
};

struct Restored {
  Verified backup;
  std::filesystem::path folder;         ///< absolute
  int64_t set_aside = 0;                ///< deliveries
  std::vector<Difference> differences;  ///< in registered repositories
};

/// Makes a data folder from a backup. It is made beside its place under another name, and gets its
/// own at the end: whatever ends this before, there is no folder that a server would start in. A
/// created repository that the backup lacks, or whose bundle is damaged, is there without a commit.
/// Errors: as of `verify`, and `invalid`, `folder_in_use`; `unavailable`, `place_of_others`, for
/// root where other users may write; `unavailable` if something cannot be written.
Result<Restored> restore(const RestoreInput& input, const Progress& progress);

/// Who owns what a restore makes, where nobody is named: the owner of the folder if it exists, or
/// else of the folder that it will be in; but the caller, if it is not root.
struct Owner {
  uid_t user;
  gid_t group;
};
Result<Owner> default_owner(const std::filesystem::path& folder);

/// The distance by which ids go on after a restore, so that none is given to something else than
/// before: more than a server gives between a backup and the loss of its data. It grows with the
/// age of the backup, so that a second restore of the same one repeats no ids of the first.
int64_t id_distance(Timestamp made_at, Timestamp now);

}  // namespace esclusa::backup
