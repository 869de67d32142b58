#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace esclusa {

/// SHA-256 of bytes that arrive in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&);
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void add(std::string_view bytes);
  /// How many bytes were added.
  int64_t size() const { return size_; }
  /// Of all bytes until now, in lower-case hex. More may be added afterwards.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  int64_t size_ = 0;
};

}  // namespace esclusa
