#pragma once
#include <map>
#include <string>

#include "base/error.h"
#include "git/folder.h"

namespace esclusa::git {

/// A repository's own configuration: the values of each key, in their order; section and name are
/// in lower case (`core.bare`, `remote.Origin.promisor`), and a key without a value is `true`.
using Configuration = std::multimap<std::string, std::string>;

/// Reads the file `config` of the repository, without following links or includes and without
/// letting it configure anything: git gets it as text. Empty if there is none. `unavailable` if it
/// cannot be read, is no configuration, or is longer than 1 MiB.
Result<Configuration> read_configuration(const Folder& repository);

}  // namespace esclusa::git
