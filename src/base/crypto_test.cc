#include "base/crypto.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/check.h"

using namespace esclusa;
using namespace std::string_literals;

namespace {
/// libsodium must be initialised before its first use, also when only one test is run.
const bool started = (init_crypto(), true);
const Secret key(std::string(Sealer::key_bytes, 'k'));

std::optional<std::string> opened(const Sealer& sealer, std::string_view context,
                                  std::string_view sealed) {
  auto secret = sealer.unseal(context, sealed);
  if (!secret) return std::nullopt;
  return secret->reveal();
}
}  // namespace

TEST_CASE("hex, base64url and base64_decode: RFC 4648 vectors") {
  CHECK(hex("") == "");
  CHECK(hex("\0\x7f\xff"s) == "007fff");
  CHECK(base64url("") == "");
  CHECK(base64url("f") == "Zg");
  CHECK(base64url("foobar") == "Zm9vYmFy");
  CHECK(base64url("\xfb\xff") == "-_8");
  CHECK(base64_decode("") == "");
  CHECK(base64_decode("Zg==") == "f");
  CHECK(base64_decode("Zm9vYmFy") == "foobar");
  CHECK(base64_decode("+/8=") == "\xfb\xff");
}

TEST_CASE("base64_decode: nothing for text that is not base64") {
  for (auto text :
       {"Z", "Zg", "Zg=", "Zg===", "Zg== ", "Z g==", "Zg==Zg==", "-_8=", "Zh==", "\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode("Zg\0="s));
}

TEST_CASE("sha256: known vectors") {
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("hmac: GitHub's documented vector, RFC 4231 and RFC 2202") {
  CHECK(hmac_sha256_hex("It's a Secret to Everybody", "Hello, World!") ==
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256_hex(std::string(131, '\xaa'),
                        "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac_sha1_hex("Jefe", "what do ya want for nothing?") ==
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST_CASE("hmac: an empty key and an empty message are valid") {
  const std::string expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  CHECK(hmac_sha256_hex("", "") == expected);
  CHECK(hmac_sha256_hex({}, {}) == expected);
}

TEST_CASE("random_uuid: version 4, lower case, never the same") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = random_uuid();
    CAPTURE(uuid);
    REQUIRE(uuid.size() == 36);
    for (size_t at : {8, 13, 18, 23}) CHECK(uuid[at] == '-');
    CHECK(uuid[14] == '4');
    CHECK("89ab"s.contains(uuid[19]));
    CHECK(uuid.find_first_not_of("0123456789abcdef-") == uuid.npos);
    CHECK(std::ranges::count(uuid, '-') == 4);
    seen.insert(uuid);
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("random_base62: the requested length, letters and digits only") {
  CHECK(random_base62(0).empty());
  const std::string text = random_base62(5000);
  CHECK(text.size() == 5000);
  CHECK(std::set<char>(text.begin(), text.end()).size() == 62);
  CHECK(std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; }));
  CHECK(random_bytes(16) != random_bytes(16));
}

TEST_CASE("equal_in_constant_time: equality") {
  CHECK(equal_in_constant_time("", {}));
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "abcd"));
}

TEST_CASE("Sealer: only the same key and context unseal a value") {
  const Sealer sealer(key);
  const std::string sealed = sealer.seal("hook:1", Secret("s3cret"));
  CHECK(sealed.starts_with("k1:"));
  CHECK(sealed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                                 3) == sealed.npos);
  CHECK(sealed != sealer.seal("hook:1", Secret("s3cret")));
  CHECK(opened(sealer, "hook:1", sealed) == "s3cret");
  CHECK(opened(Sealer(key), "hook:1", sealed) == "s3cret");
  CHECK_FALSE(sealer.unseal("hook:2", sealed));
  CHECK_FALSE(sealer.unseal("", sealed));
  CHECK_FALSE(Sealer(Secret(std::string(Sealer::key_bytes, 'x'))).unseal("hook:1", sealed));
  CHECK(opened(sealer, {}, sealer.seal({}, Secret())) == "");
  const std::string binary = "\0\xff\n"s;
  CHECK(opened(sealer, "c", sealer.seal("c", Secret(binary))) == binary);
}

TEST_CASE("Sealer: any change or cut is refused") {
  const Sealer sealer(key);
  const std::string sealed = sealer.seal("c", Secret("plain!"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    CAPTURE(i);
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(sealer.unseal("c", changed));
    CHECK_FALSE(sealer.unseal("c", sealed.substr(0, i)));
  }
  CHECK_FALSE(sealer.unseal("c", sealed + "A"));
  CHECK_FALSE(sealer.unseal("c", "no base64!"));
}

TEST_CASE("Sealer: a key of the wrong length, no key, or a key of a lower number is a bug") {
  CHECK_THROWS_AS(Sealer(Secret("short")), Bug);
  CHECK_THROWS_AS(Sealer(std::vector<SealingKey>{}), Bug);
  CHECK_THROWS_AS(Sealer(std::vector<SealingKey>{{2, key}, {1, key}}), Bug);
}

TEST_CASE(
    "Sealer: the last key seals, each opens its own, and a text without an id is the first's") {
  const Secret second(std::string(Sealer::key_bytes, '2'));
  Sealer sealer(key);
  const std::string former = sealer.seal("c", Secret("plain"));
  const std::string without_id = former.substr(3);
  CHECK(sealer.key_id() == "k1");
  CHECK(sealer.is_current(former));
  CHECK_FALSE(sealer.is_current(without_id));
  CHECK(opened(sealer, "c", without_id) == "plain");

  sealer.add({2, second});
  sealer.add({2, second});
  CHECK(sealer.key_id() == "k2");
  const std::string sealed = sealer.seal("c", Secret("plain"));
  CHECK(sealed.starts_with("k2:"));
  CHECK(sealer.is_current(sealed));
  CHECK_FALSE(sealer.is_current(former));
  for (const std::string& text : {former, without_id, sealed}) {
    CHECK(opened(sealer, "c", text) == "plain");
  }
  // Under the id of another key it does not open.
  CHECK_FALSE(sealer.unseal("c", "k2:" + without_id));
  CHECK_FALSE(sealer.unseal("c", "k3:" + without_id));
  CHECK_FALSE(sealer.unseal("c", "k:" + without_id));
  CHECK_FALSE(sealer.unseal("c", "k1 :" + without_id));

  sealer.forget_former();
  CHECK(opened(sealer, "c", sealed) == "plain");
  CHECK_FALSE(sealer.unseal("c", former));
  CHECK_FALSE(sealer.unseal("c", without_id));
  CHECK(opened(Sealer({{1, key}, {2, second}}), "c", former) == "plain");
}

TEST_CASE("Secret: its memory is overwritten at its end, and when it is moved away") {
  std::string text(100, 's');
  const char* memory = text.data();
  wipe(text);
  CHECK(text.empty());
  CHECK(text.data() == memory);
  CHECK(std::all_of(memory, memory + 100, [](char c) { return c == 0; }));

  alignas(Secret) char place[sizeof(Secret)] = {};
  auto* secret = new (place) Secret("canary-7");
  Secret taken = std::move(*secret);
  CHECK(taken.reveal() == "canary-7");
  CHECK(std::string_view(place, sizeof place).find("canary-7") == std::string_view::npos);
  *secret = taken;
  CHECK(std::string_view(place, sizeof place).find("canary-7") != std::string_view::npos);
  secret->~Secret();
  CHECK(std::string_view(place, sizeof place).find("canary-7") == std::string_view::npos);
}

TEST_CASE("seal_box: only its own pair opens it, unchanged") {
  const BoxKeys keys = make_box_keys(), others = make_box_keys();
  CHECK(keys.public_key != others.public_key);
  const std::string box = seal_box(keys.public_key, Secret("plain")).value();
  CHECK(open_box(keys, box)->reveal() == "plain");
  CHECK_FALSE(open_box(others, box));
  CHECK_FALSE(open_box(keys, box.substr(1)));
  CHECK_FALSE(open_box(keys, ""));
  std::string changed = box;
  changed.back() ^= 1;
  CHECK_FALSE(open_box(keys, changed));
  CHECK(open_box(keys, seal_box(keys.public_key, Secret()).value())->reveal().empty());
  CHECK_FALSE(seal_box("short", Secret("plain")));
}
