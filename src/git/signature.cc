#include "git/signature.h"

#include <algorithm>

#include "git/encoding.h"

namespace esclusa::git {

Timestamp time_of(git_time_t seconds) {
  constexpr git_time_t last = 253'402'300'799;  // the end of the year 9999
  return Timestamp(std::chrono::seconds(std::clamp<git_time_t>(seconds, 0, last)));
}

core::Signature signature_of(const git_signature* signature, const char* encoding) {
  if (signature == nullptr) return {};
  return {to_utf8(signature->name, encoding), to_utf8(signature->email, encoding),
          time_of(signature->when.time)};
}

// As in git: the last line that begins a signature.
size_t find_tag_signature(std::string_view text) {
  size_t begin = text.npos;
  for (std::string_view head :
       {"-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----",
        "-----BEGIN SIGNED MESSAGE-----", "-----BEGIN SSH SIGNATURE-----"}) {
    size_t at = text.rfind(head);
    while (at != text.npos && at > 0 && text[at - 1] != '\n') at = text.rfind(head, at - 1);
    if (at != text.npos && (begin == text.npos || at > begin)) begin = at;
  }
  return begin;
}

}  // namespace esclusa::git
