#pragma once
#include <git2.h>

#include <array>
#include <optional>
#include <string>

#include "git/folder.h"
#include "git/object_reads.h"

namespace esclusa::git {

struct ObjectHeader {
  git_object_t type = GIT_OBJECT_INVALID;
  size_t size = 0;
};

/// Ids that begin alike: one, none, or more than one.
struct PrefixMatch {
  std::optional<git_oid> id;
  bool is_ambiguous = false;
  void add(const git_oid& found);
};

/// A pack with its index, read by pread(): a file that shrinks meanwhile is an error, where a
/// mapped one would be a signal. What is read is bounded by limits::git_object_bytes and
/// limits::git_delta_bytes, whatever the pack says. One thread at a time.
class Pack {
 public:
  /// `name` is that of the index without its ending: `pack-…`. `reads` must live as long as the
  /// pack. Nothing if one of the two files is not there or is not what git writes: the log says
  /// what. An error if they cannot be read now, as without a descriptor.
  static Result<std::optional<Pack>> open(const Folder& folder, const std::string& name,
                                          ObjectReads& reads);

  /// Where an object begins; nothing if it is not in the pack.
  Result<std::optional<off_t>> find(const git_oid& id) const;
  Result<void> find_prefix(const git_oid& prefix, size_t digit_count, PrefixMatch& match) const;
  Result<RawObject> read(off_t at);
  Result<ObjectHeader> read_header(off_t at);

 private:
  struct Entry {
    int type = 0;
    size_t size = 0;  ///< of what follows, inflated
    off_t data = 0;   ///< where the zlib stream begins
    off_t base = 0;   ///< of a delta
  };
  using Shared = ObjectReads::Shared;

  explicit Pack(ObjectReads& reads) : reads_(&reads), number_(reads.new_pack()) {}
  Result<Entry> read_entry(off_t at) const;
  Result<void> read_exactly(int file, void* to, size_t size, off_t at) const;
  Result<git_oid> id_at(uint32_t index) const;
  Result<off_t> offset_at(uint32_t index) const;
  /// The first of the ids that is not less than `id`.
  Result<uint32_t> lower_bound(const git_oid& id) const;
  Result<Shared> read_shared(off_t at);
  Result<std::string> inflate(const Entry& entry);

  ObjectReads* reads_;
  size_t number_;
  Descriptor index_, pack_;
  std::string name_;
  int version_ = 2;
  std::array<uint32_t, 256> fanout_{};  ///< how many ids begin with this byte or less
  off_t size_ = 0;
};

}  // namespace esclusa::git
