#include "http/tls_identity.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/small_file.h"
#include "http/sigpipe.h"

namespace esclusa::http {
namespace {

/// Other protocols that a client offers by ALPN are refused: a client that speaks only HTTP/2 gets
/// a clear error instead of answers that it cannot read.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static const unsigned char ours[] = "\x08http/1.1";
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(chosen), chosen_size, ours,
                                          sizeof ours - 1, offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Without this callback, OpenSSL asks for the passphrase on the terminal.
int note_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

/// The first error of OpenSSL's queue is the cause; later ones only show the call chain.
std::string first_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return reason != nullptr ? reason : "unknown error";
}

Result<void> check_readable(const std::string& what, const std::string& file) {
  constexpr size_t bytes_max = size_t{1} << 20;
  const auto text = read_small_file(file, bytes_max);  // it never waits, as for a FIFO's writer
  if (text && !text->empty()) return {};
  const std::string why = text ? "it is empty" : text.error().message;
  return fail(ErrorCode::invalid, "cannot read the TLS " + what + " in " + file + ": " + why,
              "invalid_certificate");
}

std::shared_ptr<SSL_CTX> new_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  ENSURE(context != nullptr);
  SSL_CTX* raw = context.get();
  ENSURE(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1);
  // TLS 1.2: only forward secrecy and authenticated encryption. TLS 1.3 has nothing else.
  ENSURE(SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  // Reading a record takes one system call instead of two; Transport handles the bytes read ahead.
  SSL_CTX_set_read_ahead(raw, 1);
  // Clients resume sessions by tickets, which need no memory here.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  return context;
}

}  // namespace

Result<TlsIdentity> TlsIdentity::load(const std::string& certificate_file,
                                      const std::string& key_file) {
  ignore_sigpipe();
  TRY(check_readable("certificate", certificate_file));
  TRY(check_readable("key", key_file));
  std::shared_ptr<SSL_CTX> context = new_context();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return fail(ErrorCode::invalid,
                "there is no usable PEM certificate in " + certificate_file + ": " + first_reason(),
                "invalid_certificate");
  }
  bool asked_passphrase = false;
  SSL_CTX_set_default_passwd_cb(context.get(), note_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), &asked_passphrase);
  ERR_clear_error();
  const bool took =
      SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), nullptr);
  if (asked_passphrase) {
    return fail(ErrorCode::invalid,
                "the TLS key in " + key_file + " is encrypted; it must have no passphrase",
                "invalid_certificate");
  }
  if (!took && ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_X509) {
    return fail(ErrorCode::invalid,
                "there is no usable PEM key in " + key_file + ": " + first_reason(),
                "invalid_certificate");
  }
  if (!took || SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(
        ErrorCode::invalid,
        "the TLS key in " + key_file + " does not belong to the certificate in " + certificate_file,
        "invalid_certificate");
  }
  ERR_clear_error();
  return TlsIdentity(std::move(context));
}

std::string TlsIdentity::expires() const {
  const ASN1_TIME* end = X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get()));
  std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  ENSURE(text != nullptr);
  ASN1_TIME_print(text.get(), end);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

Timestamp TlsIdentity::ends_at() const {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get())), &end);
  return Timestamp(std::chrono::seconds(timegm(&end)));
}

bool TlsIdentity::has_expired() const {
  return X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get()))) < 0;
}

}  // namespace esclusa::http
