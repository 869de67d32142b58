#include "git/object_reads.h"

#include "git/folder.h"

namespace esclusa::git {
namespace {

constexpr size_t bases_limit = 16 * 1024 * 1024;

}  // namespace

Result<void> ObjectReads::spend(size_t bytes) {
  if (bytes > budget_) {
    budget_ = 0;
    return cannot_read("reading its objects", "they are too much for one request");
  }
  budget_ -= bytes;
  return {};
}

ObjectReads::Shared ObjectReads::find_base(size_t pack, off_t at) const {
  const auto known = bases_.find({pack, at});
  return known == bases_.end() ? nullptr : known->second;
}

void ObjectReads::keep_base(size_t pack, off_t at, const Shared& object) {
  if (object->data.size() > bases_limit / 4) return;
  if (bases_bytes_ + object->data.size() > bases_limit) {
    bases_.clear();
    bases_bytes_ = 0;
  }
  if (bases_.emplace(std::pair(pack, at), object).second) bases_bytes_ += object->data.size();
}

}  // namespace esclusa::git
