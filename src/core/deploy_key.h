#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"

namespace esclusa::core {

/// A line of an OpenSSH public key file, in its parts. What the parts are worth, OpenSSH tells.
struct PublicKeyLine {
  std::string type;
  std::string blob;  ///< base64 of the standard alphabet, with padding
  std::string comment;
};

/// One line with one key, which may be wrapped within its base64: no options before it, no
/// certificate, no type that is not accepted. Otherwise GitHub's `key is invalid`.
Result<PublicKeyLine> split_public_key(std::string_view text);

/// A key that OpenSSH has read.
struct PublicKey {
  std::string text;         ///< type and blob, without the comment
  std::string fingerprint;  ///< `SHA256:…`
};

/// The fingerprint that OpenSSH gives a key of these bytes: a hash, which is no judgement of them.
std::string fingerprint_of(const PublicKeyLine& line);

/// What `ssh-keygen -l` printed about the line. GitHub's `key is invalid` if that is nothing, a
/// refusal of its own if the key is too short.
Result<PublicKey> read_key_report(const PublicKeyLine& line, std::string_view report);

/// GitHub's `key is already in use`.
std::unexpected<Error> key_in_use();

/// A key that opens one repository, and nothing else.
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

/// Whether it opens anything at `now`: it has not expired, and who added it is not blocked.
bool is_enabled(const DeployKey& key, Timestamp now);

/// The body of a `POST`.
struct NewDeployKey {
  std::string key;
  std::optional<std::string> title;
  bool read_only = false;
  std::optional<Timestamp> expires_at;
};

/// The title that was given, and otherwise the key's comment, or its fingerprint: a list is to be
/// told apart by its titles.
Result<std::string> title_of(const NewDeployKey& input, const PublicKeyLine& line,
                             const PublicKey& key);
/// What has an end must have it ahead.
Result<void> check_expiry(const NewDeployKey& input, Timestamp now);

}  // namespace esclusa::core
