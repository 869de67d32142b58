#pragma once
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"

struct ssl_ctx_st;

namespace esclusa::http {

/// A server's certificate and key, and its TLS settings: TLS 1.2 and 1.3, HTTP/1.1 only. Immutable;
/// copies share it. Any thread.
class TlsIdentity {
 public:
  /// Reads PEM files: the certificate followed by its chain; the key without a passphrase.
  /// `invalid` names the file and the problem.
  static Result<TlsIdentity> load(const std::string& certificate_file, const std::string& key_file);

  ssl_ctx_st* context() const { return context_.get(); }
  /// The end of the certificate's validity: `Nov 21 04:34:39 2027 GMT`.
  std::string expires() const;
  bool has_expired() const;
  Timestamp ends_at() const;

 private:
  explicit TlsIdentity(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace esclusa::http
