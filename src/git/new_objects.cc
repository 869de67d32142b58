#include "git/new_objects.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/crypto.h"
#include "git/library.h"
#include "git/new_files.h"

namespace esclusa::git {
namespace {

/// `name` is the id in hexadecimal digits, `content` what its file holds.
Result<void> install(const Folder& repository, const std::string& name, std::string_view content) {
  const NewFiles files = TRY(NewFiles::in(repository));
  const Folder fan = TRY(files.folder("objects/" + name.substr(0, 2)));
  const std::string leaf = name.substr(2);
  if (TRY(fan.file(leaf, O_RDONLY))) return {};
  // A name that `git gc` sweeps, should we die.
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

Result<void> install_objects(const Folder& repository, const std::filesystem::path& objects) {
  std::error_code error;
  for (const auto& fan : std::filesystem::directory_iterator(objects, error)) {
    const std::string first = fan.path().filename();
    if (first.size() != 2) continue;
    for (const auto& object : std::filesystem::directory_iterator(fan.path(), error)) {
      std::ifstream file(object.path(), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(file)), {});
      if (!file) return cannot_read("reading a merged object", "the file cannot be read");
      TRY(install(repository, first + object.path().filename().string(), content));
    }
  }
  if (error) return cannot_read("reading the merged objects", error.message());
  return {};
}

}  // namespace esclusa::git
