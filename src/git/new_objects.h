#pragma once
#include <git2.h>

#include <filesystem>
#include <string_view>

#include "git/folder.h"

/// Writes loose objects. They are on the disk when a function returns.
namespace esclusa::git {

/// `id` is the object's. If there is a loose object of that id, it gets younger, and no more; but
/// an empty one is replaced.
Result<void> write_object(const Folder& repository, const git_oid& id, git_object_t type,
                          std::string_view data);

/// Makes a loose object as young as a new one. False if there is none, or if that cannot be done.
Result<bool> freshen_object(const Folder& repository, const git_oid& id);

/// Copies the loose objects of a folder of ours, as git has made them, into the repository.
Result<void> install_objects(const Folder& repository, const std::filesystem::path& objects);

}  // namespace esclusa::git
