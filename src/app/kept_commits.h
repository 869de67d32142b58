#pragma once
#include <string>

/// Makes sure that a ref that keeps a commit is not removed while a deployment of the commit is
/// made: the ref is made before the transaction that inserts the row, and removed after one that
/// deletes it. Within the process, which is the only one that works with the data folder.
namespace esclusa::app {

/// Somebody makes a deployment of the commit, as long as this object lives. Waits for a removal of
/// the same ref, which takes no longer than a few files of git.
class KeptCommit {
 public:
  /// `path` is the repository's folder.
  KeptCommit(const std::string& path, const std::string& sha);
  ~KeptCommit();
  KeptCommit(const KeptCommit&) = delete;

 private:
  const std::string key_;
};

/// Somebody removes the ref, as long as this object lives.
class UnkeptCommit {
 public:
  UnkeptCommit(const std::string& path, const std::string& sha);
  ~UnkeptCommit();
  UnkeptCommit(const UnkeptCommit&) = delete;

  /// False if a deployment of the commit is being made: then the ref must stay.
  bool may_go() const { return may_go_; }

 private:
  const std::string key_;
  const bool may_go_;
};

}  // namespace esclusa::app
