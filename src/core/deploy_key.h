#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"

namespace esclusa::core {

/// The parts of a line of an OpenSSH public key file. OpenSSH decides whether the key is valid.
struct PublicKeyLine {
  std::string type;
  std::string blob;  ///< base64 of the standard alphabet, with padding
  std::string comment;
};

/// Splits one line with one key, which may be wrapped within its base64. Options before the key,
/// certificates and other key types are refused with GitHub's `key is invalid`.
Result<PublicKeyLine> split_public_key(std::string_view text);

/// A key that OpenSSH has read.
struct PublicKey {
  std::string text;         ///< type and blob, without the comment
  std::string fingerprint;  ///< `SHA256:…`
};

/// The fingerprint that OpenSSH computes for these bytes: a hash; it does not validate the key.
std::string fingerprint_of(const PublicKeyLine& line);

/// Reads the output of `ssh-keygen -l` about the line. GitHub's `key is invalid` if the output
/// reports no key, another refusal if the key is too short.
Result<PublicKey> read_key_report(const PublicKeyLine& line, std::string_view report);

/// GitHub's `key is already in use`.
std::unexpected<Error> key_in_use();

/// A key that gives access to one repository only.
struct DeployKey {
  DeployKeyId id;
  RepositoryId repository_id;
  std::string title;
  PublicKey key;
  bool read_only = false;
  Account added_by;
  Timestamp created_at{};
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> last_used_at;
};

/// Whether the key is valid at `now`: it has not expired, and the account that added it is not
/// blocked.
bool is_enabled(const DeployKey& key, Timestamp now);

/// The body of a `POST` that adds a key.
struct NewDeployKey {
  std::string key;
  std::optional<std::string> title;
  bool read_only = false;
  std::optional<Timestamp> expires_at;
};

/// The given title, else the key's comment, else its fingerprint: users distinguish the keys of a
/// list by their titles.
Result<std::string> title_of(const NewDeployKey& input, const PublicKeyLine& line,
                             const PublicKey& key);
/// An expiry time must lie in the future.
Result<void> check_expiry(const NewDeployKey& input, Timestamp now);

}  // namespace esclusa::core
