#include "git/new_objects.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>

#include "base/crypto.h"
#include "git/library.h"
#include "git/new_files.h"

namespace esclusa::git {
namespace {

constexpr size_t merged_objects = 1'000'000;
constexpr size_t merged_object_bytes = size_t{1} << 30;  ///< git merges no file of half that size

/// Sets the time of an existing loose object to now, as git does, so that `git gc` does not remove
/// it as unused. False if the object must be written: it is missing, empty after a crash, or not
/// ours to touch.
Result<bool> freshen(const Folder& fan, const std::string& leaf) {
  const Descriptor file = TRY(fan.file(leaf, O_RDONLY));
  struct stat info{};
  if (!file || fstat(file.get(), &info) != 0 || info.st_size == 0) return false;
  return futimens(file.get(), nullptr) == 0;
}

/// `name` is the id in hex, `content` the content of the object's file.
Result<void> install(const Folder& repository, const std::string& name, std::string_view content) {
  const NewFiles files = TRY(NewFiles::in(repository));
  const Folder fan = TRY(files.folder("objects/" + name.substr(0, 2)));
  const std::string leaf = name.substr(2);
  if (TRY(freshen(fan, leaf))) return {};
  // `git gc` removes files with such a name if this process dies.
  const std::string temporary = "tmp_obj_" + hex(random_bytes(8));
  const Descriptor file = TRY(files.create(fan, temporary, NewFiles::Kind::object));
  if (!file) return cannot_write(fan.path_of(temporary), ENOENT);
  auto written = write_durably(file.get(), content, fan.path_of(temporary));
  if (written && renameat(fan.descriptor(), temporary.c_str(), fan.descriptor(), leaf.c_str())) {
    written = cannot_write(fan.path_of(leaf), errno);
  }
  if (!written) {
    unlinkat(fan.descriptor(), temporary.c_str(), 0);
    return written;
  }
  return sync(fan);
}

}  // namespace

Result<void> write_object(const Folder& repository, const git_oid& id, git_object_t type,
                          std::string_view data) {
  std::string object = git_object_type2string(type) + (" " + std::to_string(data.size()));
  object += '\0';
  object += data;
  std::string content(compressBound(object.size()), '\0');
  uLongf size = content.size();
  if (compress2(reinterpret_cast<Bytef*>(content.data()), &size,
                reinterpret_cast<const Bytef*>(object.data()), object.size(),
                Z_BEST_SPEED) != Z_OK) {
    return cannot_write("a new object", ENOMEM);
  }
  content.resize(size);
  return install(repository, text_of(id), content);
}

Result<bool> freshen_object(const Folder& repository, const git_oid& id) {
  const auto folder = TRY(repository.folder("objects/" + text_of(id).substr(0, 2)));
  return folder && TRY(freshen(*folder, text_of(id).substr(2)));
}

Result<void> install_objects(const Folder& repository, const std::filesystem::path& objects) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(objects, error);
  if (error) return cannot_read("reading the merged objects", error.message());
  const Folder all = TRY(Folder::open(canonical));
  for (const Folder::Entry& fan : TRY(all.list(merged_objects))) {
    const auto folder = TRY(all.folder(fan.name));
    if (!folder || fan.name.size() != 2) continue;
    for (const Folder::Entry& object : TRY(folder->list(merged_objects))) {
      const auto content = TRY(folder->read(object.name, merged_object_bytes));
      if (!content) return cannot_read("reading a merged object", "it has gone");
      TRY(install(repository, fan.name + object.name, *content));
    }
  }
  return {};
}

}  // namespace esclusa::git
