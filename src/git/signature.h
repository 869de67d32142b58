#pragma once
#include <git2.h>

#include <string_view>

#include "core/commit.h"

namespace esclusa::git {

/// JSON has years of four digits, and commits may claim any time.
Timestamp time_of(git_time_t seconds);
/// Who wrote an object; empty if it does not say (null). `encoding` is that of its texts, null for
/// UTF-8.
core::Signature signature_of(const git_signature* signature, const char* encoding);

/// A signed tag's text ends with its signature. Where that begins; npos if there is none.
size_t find_tag_signature(std::string_view text);

}  // namespace esclusa::git
