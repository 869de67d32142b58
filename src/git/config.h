#pragma once
#include <map>
#include <string>

#include "base/error.h"
#include "git/folder.h"

namespace esclusa::git {

/// A repository's own configuration: the values of each key, in order. Section and name are in
/// lower case (`core.bare`, `remote.Origin.promisor`); a key without a value is `true`.
using Configuration = std::multimap<std::string, std::string>;

/// Reads the file `config` of the repository. It follows no links or includes, and git gets the
/// file only as text to parse, so it configures nothing. Empty if there is no file. `unavailable`
/// if the file cannot be read, is not a valid configuration, or is longer than 1 MiB.
Result<Configuration> read_configuration(const Folder& repository);

}  // namespace esclusa::git
