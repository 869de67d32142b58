#pragma once
#include <string>
#include <vector>

#include "core/git_object.h"
#include "core/repository.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// Where contents were asked for: the links of an answer lead to the same ref.
struct ContentsPlace {
  const core::Repository& repository;
  const Urls& urls;
  std::string ref;
};

/// GitHub's `content-file`, `content-symlink` or `content-submodule`. `text` is what is in it. A
/// file that was not read, since it is too long, has the encoding `none`.
void write_content(JsonWriter& json, const core::TreeEntry& entry, const std::string& text,
                   const ContentsPlace& place);

/// GitHub's `content-directory`: an array.
void write_directory(JsonWriter& json, const std::vector<core::TreeEntry>& entries,
                     const ContentsPlace& place);

}  // namespace esclusa::wire
