#include "http/outbound.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "http/curl_transfer.h"

namespace esclusa::http {

OutboundResponse send(const OutboundRequest& request) {
  CurlTransfer transfer(request);
  CURLcode code = transfer.ready() ? curl_easy_perform(transfer.handle()) : CURLE_FAILED_INIT;
  return transfer.finish(code);
}

using Done = std::function<void(OutboundResponse)>;

struct Sender::State {
  struct Job {
    std::unique_ptr<CurlTransfer> transfer;
    Done done;
  };
  struct Finished {
    Job job;
    CURLcode code;
  };

  CURLM* multi = nullptr;
  std::unordered_map<CURL*, Job> running;
  std::vector<Finished> not_started;  // libcurl refused them; the next poll reports it

  bool report_finished();
};

Sender::Sender() : state_(std::make_unique<State>()) {
  init_curl();
  state_->multi = curl_multi_init();
  ENSURE(state_->multi != nullptr);
}

Sender::~Sender() {
  for (auto& [handle, job] : state_->running) curl_multi_remove_handle(state_->multi, handle);
  state_->running.clear();
  curl_multi_cleanup(state_->multi);
}

void Sender::start(OutboundRequest request, Done done) {
  State::Job job{std::make_unique<CurlTransfer>(std::move(request)), std::move(done)};
  CURL* handle = job.transfer->handle();
  if (!job.transfer->ready() || curl_multi_add_handle(state_->multi, handle) != CURLM_OK) {
    state_->not_started.push_back({std::move(job), CURLE_FAILED_INIT});
    return;
  }
  state_->running.emplace(handle, std::move(job));
}

// True if any request had finished. `done` may start new requests, so it is called last.
bool Sender::State::report_finished() {
  std::vector<Finished> finished = std::exchange(not_started, {});
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;
    auto it = running.find(message->easy_handle);
    ENSURE(it != running.end());
    curl_multi_remove_handle(multi, it->first);  // this frees `message`
    finished.push_back({std::move(it->second), code});
    running.erase(it);
  }
  for (Finished& one : finished) one.job.done(one.job.transfer->finish(one.code));
  return !finished.empty();
}

void Sender::poll(std::chrono::milliseconds wait) {
  int running = 0;
  curl_multi_perform(state_->multi, &running);
  if (state_->report_finished()) return;
  auto wait_ms = std::clamp<int64_t>(wait.count(), 0, 3'600'000);
  curl_multi_poll(state_->multi, nullptr, 0, static_cast<int>(wait_ms), nullptr);
  curl_multi_perform(state_->multi, &running);
  state_->report_finished();
}

void Sender::wake() { curl_multi_wakeup(state_->multi); }

size_t Sender::in_flight() const { return state_->running.size() + state_->not_started.size(); }

}  // namespace esclusa::http
