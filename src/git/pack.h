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

/// The ids with one prefix: one, none, or more than one (ambiguous).
struct PrefixMatch {
  std::optional<git_oid> id;
  bool is_ambiguous = false;
  void add(const git_oid& found);
};

/// A pack and its index, read by pread(): if the file is truncated meanwhile, the read is an error;
/// with mmap it would be a signal. Whatever the pack contains, reads are limited by
/// limits::git_object_bytes and limits::git_delta_bytes. One thread at a time.
class Pack {
 public:
  /// `name` is the index's file name without the suffix: `pack-…`. `reads` must outlive the pack.
  /// Nothing if one of the two files is missing or malformed (the cause is logged). An error if
  /// they cannot be read now, for example without a free descriptor.
  static Result<std::optional<Pack>> open(const Folder& folder, const std::string& name,
                                          ObjectReads& reads);

  /// The offset of an object; nothing if it is not in the pack.
  Result<std::optional<off_t>> find(const git_oid& id) const;
  Result<void> find_prefix(const git_oid& prefix, size_t digit_count, PrefixMatch& match) const;
  Result<RawObject> read(off_t at);
  Result<ObjectHeader> read_header(off_t at);

 private:
  struct Entry {
    int type = 0;
    size_t size = 0;  ///< inflated, of the data after the header
    off_t data = 0;   ///< the offset of the zlib stream
    off_t base = 0;   ///< of a delta: the offset of its base
  };
  using Shared = ObjectReads::Shared;

  explicit Pack(ObjectReads& reads) : reads_(&reads), number_(reads.new_pack()) {}
  Result<Entry> read_entry(off_t at) const;
  Result<void> read_exactly(int file, void* to, size_t size, off_t at) const;
  Result<git_oid> id_at(uint32_t index) const;
  Result<off_t> offset_at(uint32_t index) const;
  /// The index of the first id that is not less than `id`.
  Result<uint32_t> lower_bound(const git_oid& id) const;
  Result<Shared> read_shared(off_t at);
  Result<std::string> inflate(const Entry& entry);

  ObjectReads* reads_;
  size_t number_;
  Descriptor index_, pack_;
  std::string name_;
  int version_ = 2;
  std::array<uint32_t, 256> fanout_{};  ///< the number of ids whose first byte is at most the index
  off_t size_ = 0;
};

}  // namespace esclusa::git
