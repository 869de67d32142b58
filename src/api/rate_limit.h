#pragma once
#include <atomic>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/recent_map.h"
#include "base/time.h"
#include "core/quota.h"

namespace esclusa::api {

/// How much a client may request. The numbers are GitHub's. Limits are off by default, as on an
/// Enterprise server.
struct RateLimits {
  bool enabled = false;
  int64_t anonymous_per_hour = 60;  ///< per network, see client_network.h
  int64_t account_per_hour = 5000;  ///< over all tokens of an account, or of an installation
  int64_t concurrent = 100;         ///< requests that are handled at the same time
  int64_t points_per_minute = 900;  ///< a read costs 1 point, any other request 5
  int64_t content_per_minute = 80;  ///< POST requests
  int64_t content_per_hour = 500;
};

/// The client that a request is counted for: an installation of an app, a token of an agent (agents
/// share an account), an account, or without these the network that it came from.
struct RateClient {
  std::optional<AccountId> account;
  std::string network;
  std::optional<InstallationId> installation = {};
  std::optional<AgentTokenId> agent = {};

  bool is_known() const { return account || installation || agent; }
};

/// The kind of a request, which decides its cost.
enum class RequestKind {
  uncounted,  ///< asks about the limits themselves
  read,
  write,
  create,  ///< writes, and creates content
};

/// Counts the requests of clients, in windows that begin with a client's first request. All in
/// memory: a restart begins anew, and beyond limits::counted_clients the client that was silent for
/// the longest time is forgotten. May be called from any thread.
class RateLimiter {
 public:
  enum class Refusal { none, primary, secondary };

  /// The admission of one request, which counts as being handled while the ticket lives.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();

    Refusal refusal() const { return refusal_; }
    /// After a secondary refusal: when to try again.
    std::chrono::seconds retry_after() const { return retry_after_; }
    /// None while limits are off.
    const std::optional<core::Quota>& quota() const { return quota_; }
    /// Undoes the counting of the request against the primary limit.
    void take_back();
    /// The same for a 304, which is free for accounts and apps. For nobody it is not, as on GitHub.
    void take_back_if_free(int status) {
      if (status == 304 && client_.is_known()) take_back();
    }
    /// The read has not begun at all: it will be counted again. Call it once, instead of that.
    void undo();

   private:
    friend class RateLimiter;
    RateLimiter* limiter_ = nullptr;  ///< null: nothing to release
    RateClient client_;
    Refusal refusal_ = Refusal::none;
    std::chrono::seconds retry_after_{0};
    std::optional<core::Quota> quota_;
  };

  explicit RateLimiter(const RateLimits& limits);

  bool is_enabled() const { return is_enabled_; }
  /// Other limits from now on; what was counted stays.
  void use(const RateLimits& limits);

  /// Counts the request, unless it is refused. The ticket must not outlive the limiter.
  Ticket admit(RateClient client, RequestKind kind, Timestamp now);

 private:
  struct Window {
    Timestamp end{};
    int64_t used = 0;
    void roll(Timestamp now, std::chrono::seconds length);
  };
  struct Usage {
    Window requests;
    Window points;
    Window content_minute;
    Window content_hour;
    int64_t in_flight = 0;
  };

  template <class Call>
  void with_usage(const RateClient& client, Call call);
  static core::Quota quota_of(const RateLimits& limits, const RateClient& client,
                              const Usage& usage);
  static void judge(const RateLimits& limits, Ticket& ticket, const Usage& usage, RequestKind kind,
                    Timestamp now);

  std::atomic<bool> is_enabled_;
  Mutex mutex_;
  RateLimits limits_ GUARDED_BY(mutex_);
  RecentMap<AccountId, Usage> accounts_ GUARDED_BY(mutex_);
  RecentMap<InstallationId, Usage> installations_ GUARDED_BY(mutex_);
  RecentMap<AgentTokenId, Usage> agents_ GUARDED_BY(mutex_);
  RecentMap<std::string, Usage> networks_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::api
