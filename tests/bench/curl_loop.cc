// The baseline for deliveries: libcurl alone sends the request that the server sends.
//
//   curl_loop URL HEADERS BODY CONNECTIONS SECONDS [SECRET]
//
// Posts the file BODY, with the lines of the file HEADERS, on CONNECTIONS kept-alive connections.
// Each sends the next request when it has the answer to the last. With SECRET it signs each request
// as the server does: X-Hub-Signature, X-Hub-Signature-256 and webhook-signature; HEADERS has none
// of them then. Prints a line of JSON; times are in microseconds. There is no database, and no
// judgement of names or addresses.

#include <curl/curl.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "curl_loop: %s\n", what.c_str());
  std::exit(1);
}

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) die(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> read_lines(const char* path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string hex(const unsigned char* bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

std::string base64(const unsigned char* bytes, size_t count) {
  unsigned char text[128];
  const int size = EVP_EncodeBlock(text, bytes, static_cast<int>(count));
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(size)};
}

/// An HMAC whose key is set once, which is the cheapest way to sign many texts.
class Hmac {
 public:
  Hmac(const char* digest, const std::string& key) : keyed_(EVP_MD_CTX_new()) {
    EVP_PKEY* made = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_HMAC, nullptr, reinterpret_cast<const unsigned char*>(key.data()), key.size());
    const EVP_MD* kind = EVP_get_digestbyname(digest);
    if (!made || EVP_DigestSignInit(keyed_, nullptr, kind, nullptr, made) != 1) die("no HMAC");
    EVP_PKEY_free(made);
  }
  /// The length of the code, which is written to `code`.
  size_t sign(std::string_view begin, std::string_view rest, unsigned char (&code)[64]) {
    if (EVP_MD_CTX_copy_ex(context_, keyed_) != 1) die("no HMAC");
    size_t size = sizeof code;
    EVP_DigestSignUpdate(context_, begin.data(), begin.size());
    EVP_DigestSignUpdate(context_, rest.data(), rest.size());
    if (EVP_DigestSignFinal(context_, code, &size) != 1) die("no HMAC");
    return size;
  }

 private:
  EVP_MD_CTX* keyed_;
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

/// Makes the header fields of each request.
class Headers {
 public:
  Headers(std::vector<std::string> lines, const std::string& secret, const std::string& body)
      : lines_(std::move(lines)),
        signs_(!secret.empty()),
        body_(body),
        sha1_("SHA1", secret),
        sha256_("SHA256", secret) {}

  curl_slist* make() {
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    for (const auto& line : lines_) list = curl_slist_append(list, line.c_str());
    if (!signs_) return list;
    const std::string id = "4b0b26c0-0000-4000-8000-" + std::to_string(100'000'000'000 + ++count_);
    const std::string time = std::to_string(std::time(nullptr));
    unsigned char code[64];
    auto add = [&](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
    add("X-Hub-Signature: sha1=" + hex(code, sha1_.sign("", body_, code)));
    add("X-Hub-Signature-256: sha256=" + hex(code, sha256_.sign("", body_, code)));
    add("webhook-id: " + id);
    add("webhook-timestamp: " + time);
    const size_t size = sha256_.sign(id + "." + time + ".", body_, code);
    add("webhook-signature: v1," + base64(code, size));
    return list;
  }

 private:
  std::vector<std::string> lines_;
  bool signs_;
  const std::string& body_;
  Hmac sha1_, sha256_;
  long long count_ = 0;
};

size_t forget(char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) die("curl_loop URL HEADERS BODY CONNECTIONS SECONDS [SECRET]");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  const std::string body = read_file(argv[3]);
  Headers headers(read_lines(argv[2]), argc == 7 ? argv[6] : "", body);
  // Each handle owns its header list.
  auto prepare = [&](CURL* easy) {
    curl_slist* former = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &former);
    curl_slist* list = headers.make();
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, list);
    curl_slist_free_all(former);
  };
  std::vector<CURL*> handles;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    prepare(easy);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &forget);
    curl_multi_add_handle(multi, easy);
    handles.push_back(easy);
  }
  std::vector<long long> times;
  const std::clock_t cpu_before = std::clock();
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(std::atoi(argv[5]));
  while (Clock::now() < end) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) die("curl_multi_perform");
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      CURL* easy = message->easy_handle;
      long status = 0;
      curl_off_t total = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
      if (message->data.result != CURLE_OK || status / 100 != 2) {
        die(std::string("status ") + std::to_string(status) + ": " +
            curl_easy_strerror(message->data.result));
      }
      times.push_back(total);
      curl_multi_remove_handle(multi, easy);
      if (argc == 7) prepare(easy);
      curl_multi_add_handle(multi, easy);
    }
    curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (times.empty()) die("no answer at all");
  std::ranges::sort(times);
  const double cpu = 1e6 * static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.6f, \"p50\": %lld, \"p99\": %lld, \"cpu\": %.3f}\n",
      times.size(), seconds, times[times.size() / 2], times[times.size() * 99 / 100],
      cpu / static_cast<double>(times.size()));
  std::fflush(stdout);
  std::_Exit(0);  // nothing is left that must be tidied up
}
