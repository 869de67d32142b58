// The load generator of the bench for what wrk cannot do: many different requests, and a steady
// pace.
//
//   http_loop ADDRESS FROM REQUESTS CONNECTIONS RATE SECONDS [ANSWERS]
//
// ADDRESS is IPv4:PORT or the path of a unix socket, FROM the local address of the connections, or
// `-`. The file REQUESTS has whole requests, with a NUL byte after each; they are sent in turn on
// CONNECTIONS kept-alive connections. With RATE requests a second, each has a time at which it is
// due, whether or not the earlier ones are answered; RATE 0 sends as fast as answers come.
// A line for each good answer is written to ANSWERS: when it was there (microseconds since 1970),
// its status, and the first `"id":` of its body. Prints a line of JSON; times are in microseconds.
// p50, p99 and max are of good answers (below 400) from the time when they were due; sent_p99 is
// counted from the sending, which may be later while all connections are in use. `slow` counts good
// answers that came half a second or more after they were due, `late` the requests that were due
// and never sent.

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto patience = 20s;  ///< for answers after the last request
constexpr long long slow_micros = 500'000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "http_loop: %s\n", what.c_str());
  std::exit(1);
}

std::vector<std::string> read_requests(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) die(std::string("cannot read ") + path);
  std::vector<std::string> requests;
  for (std::string one; std::getline(file, one, '\0');) requests.push_back(one);
  if (requests.empty()) die("no requests");
  return requests;
}

sockaddr_in inet_address(const std::string& text) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(text.c_str() + colon + 1)));
  }
  if (inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    die("no address: " + text);
  }
  return address;
}

int open_socket(const std::string& address, const std::string& from) {
  const bool is_unix = address.starts_with('/');
  const int made = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) die("socket: " + std::string(strerror(errno)));
  int result = 0;
  if (is_unix) {
    sockaddr_un place{.sun_family = AF_UNIX, .sun_path = {}};
    if (address.size() >= sizeof place.sun_path) die("the path of the socket is too long");
    std::copy(address.begin(), address.end(), place.sun_path);
    result = connect(made, reinterpret_cast<const sockaddr*>(&place), sizeof place);
  } else {
    if (from != "-") {
      const sockaddr_in local = inet_address(from);
      if (bind(made, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) die("bind");
    }
    const sockaddr_in place = inet_address(address);
    result = connect(made, reinterpret_cast<const sockaddr*>(&place), sizeof place);
  }
  if (result == 0) return made;
  close(made);
  return -1;
}

/// What an answer says, once it is complete.
struct Answer {
  int status = 0;
  bool closes = false;
  std::string_view body;
};

/// The value of a header field of an answer's head; empty if there is none.
std::string_view field(std::string_view head, std::string_view name) {
  for (size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, name.size() + 1);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0) {
      const size_t begin = at + 2 + name.size() + 1;
      const std::string_view rest = head.substr(begin, head.find("\r\n", begin) - begin);
      return rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
    }
  }
  return {};
}

/// Reads an answer from its bytes so far; false while some are missing.
bool read_answer(std::string_view bytes, bool is_head_request, Answer& answer) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return false;
  const std::string_view head = bytes.substr(0, end + 2);
  if (head.size() < 12 || !head.starts_with("HTTP/1.1 ")) die("no HTTP: " + std::string(head));
  std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  size_t length = 0;
  const bool has_body = !is_head_request && answer.status != 204 && answer.status != 304;
  if (has_body) {
    const std::string_view text = field(head, "Content-Length");
    if (text.empty()) die("an answer without Content-Length: " + std::string(head));
    std::from_chars(text.data(), text.data() + text.size(), length);
  }
  if (bytes.size() < end + 4 + length) return false;
  answer.closes = field(head, "Connection") == "close";
  answer.body = bytes.substr(end + 4, length);
  return true;
}

/// The first `"id":` of a JSON text; 0 if there is none.
long long first_id(std::string_view body) {
  constexpr std::string_view mark = "\"id\":";
  const size_t at = body.find(mark);
  return at == body.npos ? 0 : std::atoll(std::string(body.substr(at + mark.size(), 20)).c_str());
}

struct Connection {
  int descriptor = -1;
  bool is_waiting = false;
  bool is_head_request = false;
  Clock::time_point due, sent;
  std::string received;
};

class Loop {
 public:
  Loop(std::string address, std::string from, std::vector<std::string> requests, size_t connections,
       double rate, const char* answers)
      : address_(std::move(address)),
        from_(std::move(from)),
        requests_(std::move(requests)),
        rate_(rate),
        connections_(connections),
        answers_(answers ? std::fopen(answers, "w") : nullptr) {
    for (size_t i = 0; i < connections; ++i) {
      open(i);
      free_.push_back(i);
    }
  }

  void run(Clock::duration time) {
    begin_ = Clock::now();
    const auto end = begin_ + time;
    while (Clock::now() < end) {
      send_due(end);
      receive(std::min(next_due(), end));
    }
    late_ = rate_ > 0 ? due_count(end) - std::min(due_count(end), sent_) : 0;
    seconds_ = seconds_since_begin();
    while (free_.size() < connections_.size() && Clock::now() < end + patience) {
      receive(Clock::now() + 10ms);
    }
    if (answers_) std::fclose(answers_);
  }

  void print() {
    std::ranges::sort(from_due_);
    std::ranges::sort(from_sent_);
    const auto slow = static_cast<size_t>(
        std::ranges::count_if(from_due_, [](long long time) { return time >= slow_micros; }));
    std::string statuses;
    for (const auto& [status, count] : statuses_) {
      statuses += (statuses.empty() ? "\"" : ", \"") + std::to_string(status) +
                  "\": " + std::to_string(count);
    }
    std::printf(
        "{\"requests\": %zu, \"seconds\": %.6f, \"bytes\": %zu, \"statuses\": {%s}, "
        "\"broken\": %zu, \"unanswered\": %zu, \"late\": %zu, \"slow\": %zu, \"p50\": %lld, "
        "\"p99\": %lld, "
        "\"max\": %lld, \"sent_p99\": %lld}\n",
        from_due_.size(), seconds_, bytes_, statuses.c_str(), broken_,
        connections_.size() - free_.size(), late_, slow, at_share(from_due_, 0.5),
        at_share(from_due_, 0.99), at_share(from_due_, 1), at_share(from_sent_, 0.99));
  }

 private:
  using Times = std::vector<long long>;

  static long long at_share(const Times& sorted, double share) {
    if (sorted.empty()) return 0;
    const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(index, sorted.size() - 1)];
  }
  static long long micros(Clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  }
  double seconds_since_begin() const {
    return std::chrono::duration<double>(Clock::now() - begin_).count();
  }
  size_t due_count(Clock::time_point at) const {
    return static_cast<size_t>(std::chrono::duration<double>(at - begin_).count() * rate_);
  }
  Clock::time_point next_due() const {
    if (rate_ <= 0) return Clock::time_point::max();
    return begin_ + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(sent_ + 1) / rate_));
  }

  void open(size_t index) {
    Connection& one = connections_[index];
    if (one.descriptor >= 0) close(one.descriptor);
    one.received.clear();
    one.descriptor = open_socket(address_, from_);
    if (one.descriptor < 0) return;  // tried again when the connection is needed
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, one.descriptor, &event) != 0) die("epoll_ctl");
  }

  void send_due(Clock::time_point end) {
    while (!free_.empty()) {
      const auto now = Clock::now();
      const auto due = rate_ > 0 ? next_due() : now;
      if (due > now || now >= end) return;
      const size_t index = free_.back();
      Connection& one = connections_[index];
      if (one.descriptor < 0) open(index);
      ++sent_;
      if (one.descriptor < 0) {
        ++broken_;
        return;
      }
      free_.pop_back();
      const std::string& request = requests_[next_++ % requests_.size()];
      one.is_waiting = true;
      one.is_head_request = request.starts_with("HEAD ");
      one.due = due;
      one.sent = now;
      const auto count = send(one.descriptor, request.data(), request.size(), MSG_NOSIGNAL);
      if (count != static_cast<ssize_t>(request.size())) lose(index);
    }
  }

  /// The connection ended before its answer.
  void lose(size_t index) {
    if (connections_[index].is_waiting) {
      ++broken_;
      connections_[index].is_waiting = false;
      free_.push_back(index);
    }
    open(index);
  }

  void receive(Clock::time_point until) {
    epoll_event events[256];
    const auto wait = std::clamp<Clock::duration>(until - Clock::now(), 0s, 100ms);
    const timespec time{.tv_sec = 0,
                        .tv_nsec = std::min<long>(static_cast<long>(wait.count()), 99'999'999)};
    const int count = epoll_pwait2(epoll_, events, 256, &time, nullptr);
    for (int i = 0; i < count; ++i) receive_from(events[i].data.u64);
  }

  void receive_from(size_t index) {
    Connection& one = connections_[index];
    char bytes[64 * 1024];
    const ssize_t count = recv(one.descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return lose(index);
    bytes_ += static_cast<size_t>(count);
    one.received.append(bytes, static_cast<size_t>(count));
    Answer answer;
    if (!one.is_waiting || !read_answer(one.received, one.is_head_request, answer)) return;
    record(one, answer);
    const bool closes = answer.closes;
    one.received.clear();
    one.is_waiting = false;
    free_.push_back(index);
    if (closes) open(index);
  }

  void record(const Connection& one, const Answer& answer) {
    ++statuses_[answer.status];
    if (answer.status >= 400) return;
    const auto now = Clock::now();
    from_due_.push_back(micros(now - one.due));
    from_sent_.push_back(micros(now - one.sent));
    if (!answers_) return;
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    std::fprintf(answers_, "%lld %d %lld\n",
                 static_cast<long long>(wall / std::chrono::microseconds(1)), answer.status,
                 first_id(answer.body));
  }

  std::string address_, from_;
  std::vector<std::string> requests_;
  double rate_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections_;
  std::vector<size_t> free_;
  std::FILE* answers_;
  Clock::time_point begin_;
  double seconds_ = 0;
  size_t next_ = 0, sent_ = 0, broken_ = 0, late_ = 0, bytes_ = 0;
  std::map<int, size_t> statuses_;
  Times from_due_, from_sent_;
};

}  // namespace

int main(int count, char** words) {
  if (count != 7 && count != 8) {
    die("usage: http_loop ADDRESS FROM REQUESTS CONNECTIONS RATE SECONDS [ANSWERS]");
  }
  prctl(PR_SET_TIMERSLACK, 1UL);  // so that requests are sent when they are due
  Loop loop(words[1], words[2], read_requests(words[3]), std::strtoul(words[4], nullptr, 10),
            std::strtod(words[5], nullptr), count == 8 ? words[7] : nullptr);
  loop.run(std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(std::strtod(words[6], nullptr))));
  loop.print();
}
