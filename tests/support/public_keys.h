#pragma once
#include <string>

#include "base/crypto.h"

namespace esclusa::test {

/// An ed25519 key in OpenSSH's form, different for each name. Nobody has its private key.
inline std::string public_key(const std::string& name) {
  const auto field = [](const std::string& bytes) {
    return std::string{0, 0, 0, static_cast<char>(bytes.size())} + bytes;
  };
  return "ssh-ed25519 " + base64(field("ssh-ed25519") + field(sha256(name)));
}

}  // namespace esclusa::test
