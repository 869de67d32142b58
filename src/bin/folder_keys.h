#pragma once
#include "app/key_rotation.h"
#include "bin/data_folder.h"

namespace esclusa {

/// Keeps the keys in the data folder, or remembers those of an external file.
class FolderKeys final : public app::KeyKeeper {
 public:
  FolderKeys(DataFolder& folder, Sealer& sealer) : KeyKeeper(sealer), folder_(folder) {}
  const std::vector<SealingKey>& keys() const override { return folder_.keys(); }
  Result<void> keep(const std::vector<SealingKey>& keys) override {
    return folder_.write_keys(keys);
  }
  bool is_external() const override { return folder_.has_external_key(); }
  std::string place() const override { return folder_.key_file().string(); }

 private:
  DataFolder& folder_;
};

}  // namespace esclusa
