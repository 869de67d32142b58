#include "git/objects.h"

#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include <cstring>
#include <new>

#include "git/guarded.h"
#include "git/new_objects.h"
#include "git/object_folder.h"

namespace esclusa::git {
namespace {

/// The object database that libgit2 calls. libgit2 hashes each object and compares the hash with
/// the id.
struct Backend : git_odb_backend {
  Backend(const Folder& its_repository, std::vector<Folder> its_folders, size_t budget)
      : git_odb_backend(), repository(its_repository), reads(budget) {
    git_odb_init_backend(this, GIT_ODB_BACKEND_VERSION);
    for (Folder& folder : its_folders) folders.emplace_back(std::move(folder), reads);
  }
  const Folder& repository;
  ObjectReads reads;
  std::vector<ObjectFolder> folders;
};

Backend& backend_of(git_odb_backend* backend) { return *static_cast<Backend*>(backend); }

/// The cause was logged already.
int failed(const Error& error) {
  git_error_set_str(GIT_ERROR_ODB, error.message.c_str());
  return GIT_ERROR;
}

int give(git_odb_backend* backend, const RawObject& object, void** data, size_t* size,
         git_object_t* type) {
  // libgit2 expects a zero byte after the object; the size does not count it.
  *data = git_odb_backend_data_alloc(backend, object.data.size() + 1);
  if (*data == nullptr) return GIT_ERROR;
  std::memcpy(*data, object.data.c_str(), object.data.size() + 1);
  *size = object.data.size();
  *type = object.type;
  return 0;
}

int read(void** data, size_t* size, git_object_t* type, git_odb_backend* backend,
         const git_oid* id) {
  for (ObjectFolder& folder : backend_of(backend).folders) {
    const auto object = folder.read(*id);
    if (!object) return failed(object.error());
    if (*object) return give(backend, **object, data, size, type);
  }
  return GIT_ENOTFOUND;
}

int read_header(size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* id) {
  for (ObjectFolder& folder : backend_of(backend).folders) {
    const auto header = folder.read_header(*id);
    if (!header) return failed(header.error());
    if (!*header) continue;
    *size = (*header)->size;
    *type = (*header)->type;
    return 0;
  }
  return GIT_ENOTFOUND;
}

/// This function cannot report an error: a caller that must tell an error from a missing object
/// reads the header.
int exists(git_odb_backend* backend, const git_oid* id) {
  for (ObjectFolder& folder : backend_of(backend).folders) {
    const auto has = folder.has(*id);
    if (has && *has) return 1;
  }
  return 0;
}

int exists_prefix(git_oid* found, git_odb_backend* backend, const git_oid* prefix,
                  size_t digit_count) {
  PrefixMatch match;
  for (ObjectFolder& folder : backend_of(backend).folders) {
    const auto added = folder.find_prefix(*prefix, digit_count, match);
    if (!added) return failed(added.error());
  }
  if (match.is_ambiguous) return GIT_EAMBIGUOUS;
  if (!match.id) return GIT_ENOTFOUND;
  *found = *match.id;
  return 0;
}

int read_prefix(git_oid* found, void** data, size_t* size, git_object_t* type,
                git_odb_backend* backend, const git_oid* prefix, size_t digit_count) {
  const int error = exists_prefix(found, backend, prefix, digit_count);
  return error == 0 ? read(data, size, type, backend, found) : error;
}

/// libgit2 takes an error of this function for a missing object, so the folders are only listed at
/// the next read.
int refresh(git_odb_backend* backend) {
  for (ObjectFolder& folder : backend_of(backend).folders) folder.refresh();
  return 0;
}

int write(git_odb_backend* backend, const git_oid* id, const void* data, size_t size,
          git_object_t type) {
  const auto done = write_object(backend_of(backend).repository, *id, type,
                                 {static_cast<const char*>(data), size});
  return done ? 0 : failed(done.error());
}

/// If this does not return 0, libgit2 writes the object, also if it exists in a pack or in an
/// alternate: the times of those must not be changed.
int freshen(git_odb_backend* backend, const git_oid* id) {
  const auto done = freshen_object(backend_of(backend).repository, *id);
  return done && *done ? 0 : GIT_ENOTFOUND;
}

void free_backend(git_odb_backend* backend) { delete &backend_of(backend); }

}  // namespace

Result<RepositoryHandle> open_objects(const Folder& repository, std::vector<Folder> folders,
                                      size_t budget) {
  OdbHandle objects;
  ConfigHandle configuration;
  RepositoryHandle wrapped;
  auto backend = std::make_unique<Backend>(repository, std::move(folders), budget);
  backend->read = Guarded<read, GIT_ERROR>::call;
  backend->read_prefix = Guarded<read_prefix, GIT_ERROR>::call;
  backend->read_header = Guarded<read_header, GIT_ERROR>::call;
  backend->write = Guarded<write, GIT_ERROR>::call;
  constexpr int not_there = 0;
  backend->exists = Guarded<exists, not_there>::call;
  backend->exists_prefix = Guarded<exists_prefix, GIT_ERROR>::call;
  backend->freshen = Guarded<freshen, GIT_ERROR>::call;
  backend->refresh = refresh;
  backend->free = free_backend;
  constexpr int priority = 1;
  if (receive(objects, git_odb_new) != 0 ||
      git_odb_add_backend(objects.get(), backend.get(), priority) != 0) {
    return unreadable("opening its objects");
  }
  backend.release();  // NOLINT: the database frees it
  if (receive(configuration, git_config_new) != 0 ||
      receive(wrapped, git_repository_wrap_odb, objects.get()) != 0 ||
      git_repository_set_config(wrapped.get(), configuration.get()) != 0) {
    return unreadable("opening its objects");
  }
  return wrapped;
}

}  // namespace esclusa::git
