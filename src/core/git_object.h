#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/commit.h"

/// Git objects other than commits, as plain values. Names and texts are git's bytes and may be
/// invalid UTF-8.
namespace esclusa::core {

/// An annotated tag.
struct Tag {
  std::string sha;
  std::string name;
  std::string message;      ///< includes the signature, as in git; cut like a commit's message
  Signature tagger;         ///< empty in very old tags
  std::string object_type;  ///< commit, tag, tree or blob
  std::string object_sha;
  std::string signature;    ///< the armoured text; empty if it is not signed
  std::string signed_text;  ///< what `signature` signs
};

struct TreeEntry {
  std::string path;  ///< relative to the requested tree
  std::string mode;  ///< six octal digits
  std::string type;  ///< blob, tree, or commit: a submodule
  std::string sha;
  std::optional<int64_t> size = {};  ///< only of a readable blob
};

struct Tree {
  std::string sha;
  std::vector<TreeEntry> entries;
  bool is_truncated = false;  ///< there are more entries
};

enum class ArchiveFormat { tar_gz, zip };

struct Blob {
  std::string sha;
  int64_t size = 0;
  std::string content;
};

}  // namespace esclusa::core
