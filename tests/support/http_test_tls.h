#pragma once
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/check.h"
#include "http/tls_identity.h"
#include "support/http_test_client.h"

/// For tests: a certificate authority, and a client that speaks TLS step by step.
namespace esclusa::http::testing {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

/// A root and an intermediate authority. The caller gives the folder for the files.
class TestAuthority {
 public:
  struct Files {
    std::string certificate;
    std::string key;
    TlsIdentity load() const { return TlsIdentity::load(certificate, key).value(); }
  };

  explicit TestAuthority(std::filesystem::path folder)
      : folder_(std::move(folder)),
        root_key_(new_key()),
        key_(new_key()),
        root_(new_certificate("root", *root_key_, nullptr, *root_key_, 30)),
        certificate_(new_certificate("authority", *key_, root_.get(), *root_key_, 30)) {
    ca_file = (folder_ / "ca.pem").string();
    write(ca_file, [&](BIO* out) { return PEM_write_bio_X509(out, root_.get()); });
  }

  /// A server's certificate for localhost and 127.0.0.1, with its chain and its key.
  Files issue(const std::string& name, int days = 30, const char* passphrase = nullptr) {
    Key key = new_key();
    Certificate leaf = new_certificate(name, *key, certificate_.get(), *key_, days);
    Files files{(folder_ / (name + ".pem")).string(), (folder_ / (name + ".key")).string()};
    write(files.certificate, [&](BIO* out) {
      return PEM_write_bio_X509(out, leaf.get()) && PEM_write_bio_X509(out, certificate_.get());
    });
    write(files.key, [&](BIO* out) {
      return PEM_write_bio_PKCS8PrivateKey(
          out, key.get(), passphrase ? EVP_aes_256_cbc() : nullptr, passphrase,
          passphrase ? static_cast<int>(std::strlen(passphrase)) : 0, nullptr, nullptr);
    });
    return files;
  }

  std::string ca_file;

 private:
  static Key new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

  static void extend(X509* certificate, int nid, const char* text) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, text);
    ENSURE(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }

  static Certificate new_certificate(const std::string& name, EVP_PKEY& key, X509* issuer,
                                     EVP_PKEY& issuer_key, int days) {
    static long serial = 1;
    Certificate made(X509_new(), X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
    constexpr long day = 24 * 3600;
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60 * day);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), days * day);
    X509_set_pubkey(made.get(), &key);
    X509_NAME* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer ? issuer : made.get()));
    const bool is_authority = name == "root" || name == "authority";
    extend(made.get(), NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!is_authority) extend(made.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    ENSURE(X509_sign(made.get(), &issuer_key, EVP_sha256()) > 0);
    return made;
  }

  static void write(const std::string& file, const std::function<bool(BIO*)>& content) {
    std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new_file(file.c_str(), "w"), BIO_free);
    ENSURE(out != nullptr && content(out.get()));
  }

  std::filesystem::path folder_;
  Key root_key_;
  Key key_;
  Certificate root_;
  Certificate certificate_;
};

/// A RawClient whose bytes go through TLS; it verifies the server.
class TlsClient : public RawClient {
 public:
  using Adjust = std::function<void(SSL*)>;

  TlsClient(uint16_t port, const std::string& ca_file, const Adjust& adjust = {})
      : RawClient(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    ENSURE(SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()) == 1);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), fd());
    ENSURE(SSL_set1_host(tls_.get(), "localhost") == 1);
    if (adjust) adjust(tls_.get());
    ERR_clear_error();
    connected = SSL_connect(tls_.get()) == 1;
    if (!connected) {
      const char* text = ERR_reason_error_string(ERR_peek_last_error());
      failure = text != nullptr ? text : "the server hung up";
    }
  }
  ~TlsClient() override = default;

  SSL* tls() { return tls_.get(); }
  /// The common name in the server's certificate.
  std::string server_name() const {
    char text[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(tls_.get())),
                              NID_commonName, text, sizeof text);
    return text;
  }
  /// True if the server ended the connection with close_notify and sent nothing more.
  bool at_orderly_end() {
    char byte;
    return at_end() &&
           SSL_get_error(tls_.get(), SSL_read(tls_.get(), &byte, 1)) == SSL_ERROR_ZERO_RETURN;
  }

  bool connected = false;
  std::string failure;

 protected:
  ssize_t read_piece(char* room, size_t size) override {
    ERR_clear_error();
    return SSL_read(tls_.get(), room, static_cast<int>(size));
  }
  ssize_t write_piece(std::string_view bytes) override {
    ERR_clear_error();
    return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
};

}  // namespace esclusa::http::testing
