#pragma once
#include <git2.h>

#include <filesystem>
#include <string_view>

#include "git/folder.h"

/// Writes loose objects. They are on the disk when a function returns.
namespace esclusa::git {

/// `id` is the object's. Nothing happens if there is a loose object of that id.
Result<void> write_object(const Folder& repository, const git_oid& id, git_object_t type,
                          std::string_view data);

/// Copies the loose objects of a folder of ours, as git has made them, into the repository.
Result<void> install_objects(const Folder& repository, const std::filesystem::path& objects);

}  // namespace esclusa::git
