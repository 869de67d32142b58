#pragma once
#include <git2.h>

#include <filesystem>
#include <string_view>

#include "git/folder.h"

/// Writes loose objects. They are on the disk when a function returns.
namespace esclusa::git {

/// Writes the object with id `id`. If a loose object with that id exists, only its time is set to
/// now; an empty file is replaced.
Result<void> write_object(const Folder& repository, const git_oid& id, git_object_t type,
                          std::string_view data);

/// Sets the time of a loose object to now. False if there is none, or if that is not possible.
Result<bool> freshen_object(const Folder& repository, const git_oid& id);

/// Copies the loose objects that git made in Esclusa's own folder `objects` into the repository.
Result<void> install_objects(const Folder& repository, const std::filesystem::path& objects);

}  // namespace esclusa::git
