#pragma once
#include <string>
#include <vector>

#include "app/key_rotation.h"

namespace esclusa::test {

/// Keys that are kept in memory; the first is that of test::sealer().
class FakeKeys final : public app::KeyKeeper {
 public:
  explicit FakeKeys(bool is_external = false) : KeyKeeper(own_), is_external_(is_external) {}
  FakeKeys(bool is_external, std::vector<SealingKey> keys)
      : KeyKeeper(own_), is_external_(is_external), keys_(std::move(keys)) {}

  const std::vector<SealingKey>& keys() const override { return keys_; }
  Result<void> keep(const std::vector<SealingKey>& keys) override {
    keys_ = keys;
    return {};
  }
  bool is_external() const override { return is_external_; }
  std::string place() const override { return "/keys"; }

 private:
  bool is_external_;
  std::vector<SealingKey> keys_{{1, Secret(std::string(SealingKey::bytes, 'k'))}};
  Sealer own_{keys_};
};

}  // namespace esclusa::test
