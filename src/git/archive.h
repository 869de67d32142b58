#pragma once
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "git/archive_writer.h"
#include "git/library.h"
#include "git/repository.h"

namespace esclusa::git {

/// The files of a commit as an archive, made one part at a time, because a client may read slowly.
/// Each part opens the repository anew, so that no descriptor stays open between them; a file that
/// is long waits in a temporary file, not in memory. Nothing that the repository says of archives
/// (`.gitattributes`, configuration) is obeyed. A submodule is an empty folder. The limits are
/// `limits::archive_…`. One thread at a time.
class Archive {
 public:
  /// `folder` contains everything. Nothing is read yet. `commit_sha` is a full SHA.
  Archive(core::Repository repository, std::string commit_sha, std::string folder,
          core::ArchiveFormat format);

  /// The next part, which may be empty; nullopt after the last one. After an error the archive is
  /// incomplete: `unavailable` as of all reads, and if a limit is exceeded or if a name would lead
  /// out of the folder.
  Result<std::optional<std::string>> next();

 private:
  /// A folder that is being written, and its next entry.
  struct Level {
    git_oid id;
    size_t path_size;  ///< of the folder's path, with the slash
    size_t next = 0;
    TreeHandle tree = nullptr;  ///< only while a part is made
  };
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  Result<void> begin(const Repository& repository);
  Result<void> step(const Repository& repository);
  Result<void> add(const Repository& repository, const git_tree_entry* entry);
  Result<void> add_folder(const git_oid* tree_id);
  Result<void> add_file(const Repository& repository, const git_tree_entry* entry);
  Result<void> store_long_file(std::string_view content);
  Result<void> copy_long_file();
  Result<void> count(size_t content_bytes);

  const core::Repository registered_;
  const std::string commit_sha_;
  const core::ArchiveFormat format_;
  std::string path_;  ///< of the entry that is being written
  std::optional<ArchiveWriter> writer_;
  std::vector<Level> levels_;
  std::unique_ptr<std::FILE, Closer> long_file_;
  size_t list_bytes_ = 0;  ///< of the list of entries
  size_t content_bytes_ = 0;
  size_t part_bytes_ = 0;  ///< of content and entries in this part
  bool is_over_ = false;
};

}  // namespace esclusa::git
