#pragma once
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "core/git_object.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The place of requested contents: links in the answer use the same ref.
struct ContentsPlace {
  const core::Repository& repository;
  const Urls& urls;
  std::string ref;
};

/// GitHub's `content-file`, `content-symlink` or `content-submodule`. `text` is the file's content.
/// A file that is too long to be read has the encoding `none`.
void write_content(JsonWriter& json, const core::TreeEntry& entry, const std::string& text,
                   const ContentsPlace& place);

/// GitHub's `content-directory`: an array of entries.
void write_directory(JsonWriter& json, const std::vector<core::TreeEntry>& entries,
                     const ContentsPlace& place);

}  // namespace esclusa::wire
