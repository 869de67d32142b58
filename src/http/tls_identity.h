#pragma once
#include <memory>
#include <string>

#include "base/error.h"

struct ssl_ctx_st;

namespace esclusa::http {

/// The certificate with which a server proves who it is, its key, and how it speaks TLS: 1.2 and
/// 1.3, HTTP/1.1 only. A copy shares all of it, and nothing changes it any more. Any thread.
class TlsIdentity {
 public:
  /// Reads PEM files: the certificate first and then its chain; the key without a passphrase.
  /// `invalid` names the file and what is wrong with it.
  static Result<TlsIdentity> load(const std::string& certificate_file, const std::string& key_file);

  ssl_ctx_st* context() const { return context_.get(); }
  /// When the certificate ends: `Nov 21 04:34:39 2027 GMT`.
  std::string expires() const;
  bool has_expired() const;

 private:
  explicit TlsIdentity(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace esclusa::http
