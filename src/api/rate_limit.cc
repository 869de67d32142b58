#include "api/rate_limit.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace esclusa::api {
namespace {

using namespace std::chrono_literals;

int64_t points_of(RequestKind kind) { return kind == RequestKind::read ? 1 : 5; }

}  // namespace

RateLimiter::RateLimiter(const RateLimits& limits)
    : is_enabled_(limits.enabled),
      limits_(limits),
      accounts_(limits::counted_clients),
      installations_(limits::counted_clients),
      agents_(limits::counted_clients),
      networks_(limits::counted_clients) {}

void RateLimiter::use(const RateLimits& limits) {
  Lock lock(mutex_);
  limits_ = limits;
  is_enabled_ = limits.enabled;
}

void RateLimiter::Window::roll(Timestamp now, std::chrono::seconds length) {
  if (now < end) return;
  end = now + length;
  used = 0;
}

template <class Call>
void RateLimiter::with_usage(const RateClient& client, Call call) {
  Lock lock(mutex_);
  if (client.installation) return call(installations_.at(*client.installation), limits_);
  if (client.agent) return call(agents_.at(*client.agent), limits_);
  call(client.account ? accounts_.at(*client.account) : networks_.at(client.network), limits_);
}

core::Quota RateLimiter::quota_of(const RateLimits& limits, const RateClient& client,
                                  const Usage& usage) {
  const int64_t limit = client.is_known() ? limits.account_per_hour : limits.anonymous_per_hour;
  return {limit, std::min(usage.requests.used, limit), usage.requests.end};
}

void RateLimiter::judge(const RateLimits& limits, Ticket& ticket, const Usage& usage,
                        RequestKind kind, Timestamp now) {
  auto until = [&](const Window& window) {
    return std::chrono::ceil<std::chrono::seconds>(window.end - now);
  };
  auto refuse = [&](std::chrono::seconds retry_after) {
    ticket.refusal_ = Refusal::secondary;
    ticket.retry_after_ = retry_after;
  };
  if (ticket.quota_->remaining() <= 0) {
    ticket.refusal_ = Refusal::primary;
  } else if (usage.in_flight >= limits.concurrent) {
    refuse(1s);
  } else if (usage.points.used + points_of(kind) > limits.points_per_minute) {
    refuse(until(usage.points));
  } else if (kind == RequestKind::create &&
             usage.content_minute.used >= limits.content_per_minute) {
    refuse(until(usage.content_minute));
  } else if (kind == RequestKind::create && usage.content_hour.used >= limits.content_per_hour) {
    refuse(until(usage.content_hour));
  }
}

RateLimiter::Ticket RateLimiter::admit(RateClient client, RequestKind kind, Timestamp now) {
  Ticket ticket;
  if (!is_enabled_) return ticket;
  with_usage(client, [&](Usage& usage, const RateLimits& limits) {
    usage.requests.roll(now, 1h);
    usage.points.roll(now, 1min);
    usage.content_minute.roll(now, 1min);
    usage.content_hour.roll(now, 1h);
    ticket.quota_ = quota_of(limits, client, usage);
    if (kind == RequestKind::uncounted) return;
    judge(limits, ticket, usage, kind, now);
    if (ticket.refusal_ != Refusal::none) return;
    ++usage.requests.used;
    usage.points.used += points_of(kind);
    if (kind == RequestKind::create) {
      ++usage.content_minute.used;
      ++usage.content_hour.used;
    }
    ++usage.in_flight;
    ticket.quota_ = quota_of(limits, client, usage);
    ticket.limiter_ = this;
  });
  ticket.client_ = std::move(client);
  return ticket;
}

RateLimiter::Ticket::Ticket(Ticket&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)),
      client_(std::move(other.client_)),
      refusal_(other.refusal_),
      retry_after_(other.retry_after_),
      quota_(other.quota_) {}

RateLimiter::Ticket::~Ticket() {
  if (limiter_ == nullptr) return;
  limiter_->with_usage(client_, [](Usage& usage, const RateLimits&) {
    if (usage.in_flight > 0) --usage.in_flight;  // 0: the client was forgotten in the meantime
  });
}

void RateLimiter::Ticket::take_back() {
  if (limiter_ == nullptr) return;
  limiter_->with_usage(client_, [&](Usage& usage, const RateLimits& limits) {
    if (usage.requests.end != quota_->reset || usage.requests.used == 0) return;  // another hour
    --usage.requests.used;
    quota_ = quota_of(limits, client_, usage);
  });
}

void RateLimiter::Ticket::undo() {
  take_back();
  if (limiter_ == nullptr) return;
  limiter_->with_usage(client_, [](Usage& usage, const RateLimits&) {
    usage.points.used = std::max<int64_t>(usage.points.used - points_of(RequestKind::read), 0);
  });
}

}  // namespace esclusa::api
