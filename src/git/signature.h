#pragma once
#include <git2.h>

#include <string_view>

#include "core/commit.h"

namespace esclusa::git {

/// Limits the time to years of four digits, which JSON needs: a commit may claim any time.
Timestamp time_of(git_time_t seconds);
/// The author, committer or tagger of an object; empty if there is none (null). `encoding` is the
/// encoding of the texts; null means UTF-8.
core::Signature signature_of(const git_signature* signature, const char* encoding);

/// The offset of the signature at the end of a signed tag's text; npos if there is none.
size_t find_tag_signature(std::string_view text);

}  // namespace esclusa::git
