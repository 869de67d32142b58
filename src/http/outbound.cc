#include "http/outbound.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "http/curl_transfer.h"

namespace esclusa::http {

OutboundResponse send(const OutboundRequest& request) {
  CurlTransfer transfer(request, make_easy_handle());
  CURLcode code = transfer.ready() ? curl_easy_perform(transfer.handle()) : CURLE_FAILED_INIT;
  return transfer.finish(code);
}

using Done = std::function<void(OutboundResponse)>;

namespace {

struct FreeShare {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};
/// The connections that are kept. They belong to it, so that they can be closed together.
using Connections = std::unique_ptr<CURLSH, FreeShare>;

Connections make_connections() {
  init_curl();
  Connections connections(curl_share_init());
  ENSURE(connections && curl_share_setopt(connections.get(), CURLSHOPT_SHARE,
                                          CURL_LOCK_DATA_CONNECT) == CURLSHE_OK);
  return connections;
}

}  // namespace

struct Sender::State {
  using Clock = std::chrono::steady_clock;
  struct Job {
    std::unique_ptr<CurlTransfer> transfer;
    Done done;
  };
  struct Finished {
    Job job;
    CURLcode code;
  };

  const std::chrono::milliseconds idle_time;
  CURLM* multi = nullptr;
  Connections connections = make_connections();
  std::vector<EasyHandle> free = {};  // each uses `connections`
  std::unordered_map<CURL*, Job> running = {};
  std::vector<Finished> not_started = {};  // libcurl refused them; the next poll reports it
  Clock::time_point used_at = Clock::now();

  EasyHandle take_handle();
  bool report_finished();
  void close_idle();
};

Sender::Sender(std::chrono::milliseconds idle_time) : state_(new State{.idle_time = idle_time}) {
  state_->multi = curl_multi_init();
  ENSURE(state_->multi != nullptr);
  ENSURE(curl_multi_setopt(state_->multi, CURLMOPT_MAXCONNECTS, kept_connections) == CURLM_OK);
}

Sender::~Sender() {
  for (auto& [handle, job] : state_->running) curl_multi_remove_handle(state_->multi, handle);
  state_->running.clear();
  state_->not_started.clear();
  state_->free.clear();
  curl_multi_cleanup(state_->multi);
}

EasyHandle Sender::State::take_handle() {
  if (free.empty()) {
    EasyHandle easy = make_easy_handle();
    ENSURE(curl_easy_setopt(easy.get(), CURLOPT_SHARE, connections.get()) == CURLE_OK);
    return easy;
  }
  EasyHandle easy = std::move(free.back());
  free.pop_back();
  return easy;
}

void Sender::start(OutboundRequest request, Done done) {
  State::Job job{std::make_unique<CurlTransfer>(std::move(request), state_->take_handle()),
                 std::move(done)};
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
  for (Finished& one : finished) {
    OutboundResponse response = one.job.transfer->finish(one.code);
    free.push_back(one.job.transfer->release());
    one.job.done(std::move(response));
  }
  if (!finished.empty()) used_at = Clock::now();
  return !finished.empty();
}

/// libcurl itself closes what is too old only when the next request begins.
void Sender::State::close_idle() {
  if (!running.empty() || !not_started.empty()) {
    used_at = Clock::now();
    return;
  }
  if (free.empty() || Clock::now() - used_at < idle_time) return;
  free.clear();
  connections = make_connections();
}

void Sender::poll(std::chrono::milliseconds wait) {
  int running = 0;
  state_->close_idle();
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
