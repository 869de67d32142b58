#pragma once
#include "base/json_writer.h"
#include "core/git_object.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `git-tree`. A submodule has no `url`: its commit is in another repository.
void write_git_tree(JsonWriter& json, const core::Tree& tree, const core::Repository& repository,
                    const Urls& urls);

/// GitHub's `blob`, with its content in base64.
void write_git_blob(JsonWriter& json, const core::Blob& blob, const core::Repository& repository,
                    const Urls& urls);

}  // namespace esclusa::wire
