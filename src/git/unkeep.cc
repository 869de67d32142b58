#include "git/unkeep.h"

#include "base/trace.h"
#include "git/ref_update.h"
#include "git/repository.h"

namespace esclusa::git {

Result<void> unkeep(const core::Repository& repository, std::span<const std::string> shas) {
  const Span span("git unkeep");
  const auto git = TRY(Repository::open(repository));
  return remove_keep_refs(git.folder(), shas);
}

}  // namespace esclusa::git
