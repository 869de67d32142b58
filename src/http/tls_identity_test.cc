#include "http/tls_identity.h"

#include <doctest/doctest.h>
#include <signal.h>

#include "support/http_test_tls.h"
#include "support/temp_folder.h"

namespace esclusa::http {
namespace {
using test::TempFolder;
using testing::TestAuthority;

std::string why_not(const std::string& certificate, const std::string& key) {
  auto loaded = TlsIdentity::load(certificate, key);
  if (loaded) return "";
  CHECK(loaded.error().code == ErrorCode::invalid);
  CHECK(loaded.error().reason_code == "invalid_certificate");
  return loaded.error().message;
}
}  // namespace

TEST_CASE("TlsIdentity: loads a certificate with its key, and knows when it expires") {
  TempFolder folder;
  TestAuthority authority(folder.path());
  CHECK_FALSE(authority.issue("good").load().has_expired());
  CHECK(authority.issue("good").load().expires().ends_with(" GMT"));
  CHECK(authority.issue("old", -1).load().has_expired());
  const auto days_left = [](const TlsIdentity& identity) {
    return std::chrono::round<std::chrono::days>(identity.ends_at() - system_now()).count();
  };
  CHECK(days_left(authority.issue("ten", 10).load()) == 10);
  CHECK(days_left(authority.issue("past", -1).load()) == -1);
}

TEST_CASE("TlsIdentity: names the file that is wrong, and the problem") {
  TempFolder folder;
  TestAuthority authority(folder.path());
  const auto good = authority.issue("good"), other = authority.issue("other");
  const auto locked = authority.issue("locked", 30, "secret");
  const std::string text = folder.write("text", "no PEM at all\n");
  const std::string empty = folder.write("empty", ""), absent = folder / "absent";

  CHECK(why_not(absent, good.key) ==
        "cannot read the TLS certificate in " + absent + ": No such file or directory");
  CHECK(why_not(good.certificate, absent) ==
        "cannot read the TLS key in " + absent + ": No such file or directory");
  CHECK(why_not(empty, good.key).contains(empty));
  CHECK(why_not(folder.path(), good.key).contains(folder.path().string()));
  CHECK(why_not(text, good.key) ==
        "there is no usable PEM certificate in " + text + ": no start line");
  CHECK(why_not(good.certificate, text).starts_with("there is no usable PEM key in " + text));
  CHECK(why_not(good.certificate, good.certificate).starts_with("there is no usable PEM key in "));
  CHECK(why_not(good.certificate, other.key) == "the TLS key in " + other.key +
                                                    " does not belong to the certificate in " +
                                                    good.certificate);
  CHECK(why_not(locked.certificate, locked.key) ==
        "the TLS key in " + locked.key + " is encrypted; it must have no passphrase");
}

TEST_CASE("TlsIdentity: a key of another type does not match the certificate") {
  TempFolder folder;
  TestAuthority authority(folder.path());
  const auto good = authority.issue("good");
  const std::string edwards = folder / "edwards.key";
  testing::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new_file(edwards.c_str(), "w"), BIO_free);
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1);
  out.reset();
  CHECK(why_not(good.certificate, edwards).contains("does not belong to the certificate"));
}

TEST_CASE("TlsIdentity: after loading, a peer that hangs up cannot end the program by SIGPIPE") {
  TempFolder folder;
  const auto files = TestAuthority(folder.path()).issue("good");
  auto before = ::signal(SIGPIPE, SIG_DFL);
  CHECK(TlsIdentity::load(files.certificate, files.key).has_value());
  const bool ignored = ::signal(SIGPIPE, before) == SIG_IGN;
  CHECK(ignored);
}

}  // namespace esclusa::http
