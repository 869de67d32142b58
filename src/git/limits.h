#pragma once
#include <sys/types.h>

#include <cstddef>

/// Limits for reading one repository, whoever made it; each with its reason.
namespace esclusa::limits {

inline constexpr off_t packed_refs_bytes = 256 * 1024 * 1024;   ///< over two million refs
inline constexpr size_t listed_refs = 2'000'000;                ///< as many, loose or packed
inline constexpr size_t git_packs = 1000;                       ///< git gc makes one pack of fifty
inline constexpr size_t git_object_bytes = 64 * 1024 * 1024;    ///< a tree of a million files
inline constexpr size_t git_delta_bytes = 512 * 1024 * 1024;    ///< inflated for one object
inline constexpr size_t git_handle_bytes = size_t{4} << 30;     ///< per request: some 20 s
inline constexpr size_t git_delta_depth = 4096;                 ///< git makes no longer chains
inline constexpr size_t git_tag_depth = 100;                    ///< tags of tags; people make two
inline constexpr size_t walked_commits = 200'000;               ///< for one answer: a second
inline constexpr size_t archive_bytes = size_t{4} << 30;        ///< of its files: minutes to make
inline constexpr size_t archive_list_bytes = 64 * 1024 * 1024;  ///< 400,000 files; a zip keeps it
inline constexpr size_t work_trees = 1000;                      ///< read before a branch moves

// A name may have 64 KiB, and a path many names: to limit only their number limits no memory.
inline constexpr size_t tree_path_bytes = 4 * 1024 * 1024;  ///< of one answer: 10,000 of 400 bytes
inline constexpr size_t diff_path_bytes = 1024 * 1024;  ///< 3,000 of 350 bytes; written ten times
inline constexpr size_t ref_part_bytes = 256 * 1024;    ///< 1,000 names of 260 bytes

}  // namespace esclusa::limits
