#include "http/library_versions.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

namespace esclusa::http {

std::string libcurl_version() { return curl_version_info(CURLVERSION_NOW)->version; }

std::string openssl_version() {
  const std::string text = OpenSSL_version(OPENSSL_VERSION);  // `OpenSSL 3.0.19 27 Jan 2026`
  const size_t begin = text.find(' ');
  if (begin == text.npos) return text;
  return text.substr(begin + 1, text.find(' ', begin + 1) - begin - 1);
}

std::optional<Timestamp> end_of(const TlsIdentity& identity) {
  const X509* certificate = SSL_CTX_get0_certificate(identity.context());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
    return std::nullopt;
  }
  return Timestamp(std::chrono::seconds(timegm(&end)));
}

}  // namespace esclusa::http
