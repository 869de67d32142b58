#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

/// The form of a backup: a tar file with these members, in this order.
///
///     format.json            {"format":1,"made_by":"esclusa 0.1.0"}
///     esclusa.db             the database at one moment
///     repositories/7.bundle  the repositories that Esclusa made, by id; taken after the database
///     registered.json        the refs of the repositories that lie elsewhere
///     manifest.json          what this is, and the size and SHA-256 of each member before it
///     end                    the SHA-256 of all bytes before this member, and the tar's end
///
/// The last member and the tar's end have always the same length and, but for the digest, the same
/// bytes: a change of any byte of the file is found, and so is a missing end.
namespace esclusa::backup {

inline constexpr int format_version = 1;
inline constexpr std::string_view format_name = "format.json";
inline constexpr std::string_view database_name = "esclusa.db";
inline constexpr std::string_view registered_name = "registered.json";
inline constexpr std::string_view manifest_name = "manifest.json";
inline constexpr std::string_view end_name = "end";
/// Longer texts are refused before they are read.
inline constexpr int64_t format_bytes = 4096;
inline constexpr int64_t manifest_bytes = 64 * 1024 * 1024;
inline constexpr int64_t registered_bytes = 1024 * 1024 * 1024;

/// The last words in a stream that ends before the backup is whole; the reason follows, and a line
/// feed. The stream is aborted after it.
inline constexpr std::string_view failure_mark = "\nesclusa-backup-failed: ";

struct Member {
  std::string name;
  int64_t size = 0;
  std::string sha256;  ///< lower-case hex
};

/// A repository that Esclusa made.
struct MadeRepository {
  RepositoryId id;
  std::string full_name;
  std::string path;     ///< where it was
  std::string head;     ///< `refs/heads/main`; empty if HEAD is detached or the folder unreadable
  std::string member;   ///< its bundle; empty if it has no commit, or there is a problem
  std::string problem;  ///< why it is not in the backup; empty if it is
};

struct Manifest {
  std::string made_by;         ///< `esclusa 0.1.0`
  std::string schema;          ///< the newest migration, `0024_secrets`
  std::string identity;        ///< of the data: a UUID
  std::string key_digest;      ///< store::key_digest of the key that seals; never the key
  std::string new_key_digest;  ///< of a second key, if a rotation had begun; or empty
  Timestamp created_at{};
  std::vector<MadeRepository> repositories;
  std::vector<Member> members;
};

std::string format_text(const std::string& made_by);
/// `invalid` if that is no such text, or if a newer program wrote it.
Result<void> check_format(std::string_view text);

std::string manifest_text(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view text);

/// The member's name for the bundle of that repository.
std::string bundle_name(RepositoryId id);
/// The id in such a name; nothing if it is none.
std::optional<RepositoryId> id_of_bundle(std::string_view name);

}  // namespace esclusa::backup
