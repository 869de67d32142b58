// The baseline for deliveries: libcurl alone sends the request that the server sends.
//
//   curl_loop URL HEADERS BODY CONNECTIONS SECONDS
//
// Posts the file BODY, with the lines of the file HEADERS, on CONNECTIONS kept-alive connections.
// Each sends the next request when it has the answer to the last. Prints a line of JSON; times are
// in microseconds. There is no database, no signing, and no judgement of names or addresses.

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
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

curl_slist* read_headers(const char* path) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) list = curl_slist_append(list, line.c_str());
  return list;
}

size_t forget(char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) die("curl_loop URL HEADERS BODY CONNECTIONS SECONDS");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  curl_slist* headers = read_headers(argv[2]);
  const std::string body = read_file(argv[3]);
  std::vector<CURL*> handles;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &forget);
    curl_multi_add_handle(multi, easy);
    handles.push_back(easy);
  }
  std::vector<long long> times;
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
      curl_multi_add_handle(multi, easy);
    }
    curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (times.empty()) die("no answer at all");
  std::ranges::sort(times);
  std::printf("{\"requests\": %zu, \"seconds\": %.6f, \"p50\": %lld, \"p99\": %lld}\n",
              times.size(), seconds, times[times.size() / 2], times[times.size() * 99 / 100]);
  for (CURL* easy : handles) {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
}
