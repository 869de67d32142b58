// Readers of the feed of events, and their baseline.
//
//   feed_loop ADDRESS REQUESTS READERS EVENTS ARRIVALS
//   feed_loop bare BYTES READERS EVENTS
//
// READERS connections send the requests in the file REQUESTS, each with a NUL byte after it, to
// IPv4:PORT, and read server-sent events until each has EVENTS of them. It prints `ready` when all
// have their heads. A reader whose stream ends comes again with the id of its last event. A line
// for each event of each reader is written to ARRIVALS: its id, and when it was there (microseconds
// since 1970). With `bare` a child process sends EVENTS messages of BYTES bytes to all readers, as
// fast as it can: the same work without a database, HTTP or a judgement of who may see what. Prints
// a line of JSON; the time is from the first event to the last one.

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(60);  ///< without any event

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "feed_loop: %s\n", what.c_str());
  std::exit(1);
}

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  const size_t colon = text.find(':');
  if (colon == text.npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    die("no address: " + text);
  }
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return address;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) die("send");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

int connect_to(const sockaddr_in& address) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("connect");
  }
  return made;
}

/// Accepts the readers, and sends to all of them; runs in a child process.
void send_bare(int listener, size_t readers, size_t bytes, size_t events) {
  std::vector<int> sockets;
  while (sockets.size() < readers) sockets.push_back(accept(listener, nullptr, nullptr));
  for (size_t number = 1; number <= events; ++number) {
    std::string message = "id: " + std::to_string(number) + "\nevent: deployment\ndata: ";
    message += std::string(bytes > message.size() ? bytes - message.size() : 0, 'x') + "\n\n";
    for (const int socket : sockets) send_all(socket, message);
  }
}

/// What a reader has read: the lines of server-sent events, of which it keeps only the beginnings.
class Reader {
 public:
  Reader(const sockaddr_in& address, std::string request)
      : address_(address), request_(std::move(request)) {
    open();
  }
  int socket() const { return socket_; }
  size_t events() const { return events_; }
  bool has_head() const { return has_head_; }

  /// Connects again, and asks for what comes after the last event.
  void reopen() {
    close(socket_);
    line_.clear();
    constexpr std::string_view name = "Last-Event-ID: ";
    const size_t at = request_.find(name);
    if (at == request_.npos) die("a stream ended after " + std::to_string(events_) + " events");
    const size_t begin = at + name.size();
    if (id_ > 0) request_.replace(begin, request_.find('\r', begin) - begin, std::to_string(id_));
    open();
  }

  /// Reads what is there; calls `arrived(id)` for each event. False at the end of the stream.
  template <class Arrived>
  bool read(Arrived arrived) {
    char bytes[64 * 1024];
    const ssize_t count = recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    has_head_ = true;
    std::string_view rest(bytes, static_cast<size_t>(count));
    for (size_t end; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
      keep(rest.substr(0, end));
      if (line_.starts_with("id: ")) id_ = std::atoll(line_.c_str() + 4);
      if (line_.starts_with("event: ")) {
        ++events_;
        arrived(id_);
      }
      line_.clear();
    }
    keep(rest);
    return true;
  }

 private:
  void open() {
    socket_ = connect_to(address_);
    if (!request_.empty()) send_all(socket_, request_);
  }
  void keep(std::string_view part) {
    constexpr size_t kept_bytes = 40;
    if (line_.size() < kept_bytes) line_ += part.substr(0, kept_bytes - line_.size());
  }
  sockaddr_in address_;
  std::string request_;
  int socket_ = -1;
  size_t events_ = 0;
  long long id_ = 0;
  bool has_head_ = false;
  std::string line_;
};

class Crowd {
 public:
  /// The reader `i` sends the i-th request, from the beginning again after the last one.
  Crowd(const sockaddr_in& address, const std::vector<std::string>& requests, size_t readers) {
    for (size_t i = 0; i < readers; ++i) {
      readers_.emplace_back(address, requests.empty() ? "" : requests[i % requests.size()]);
      watch(i);
    }
  }

  void wait_for_heads() {
    auto lacks_head = [](const Reader& one) { return !one.has_head(); };
    for (const auto end = Clock::now() + patience; std::ranges::any_of(readers_, lacks_head);) {
      if (Clock::now() > end) die("not every reader has got a head");
      read([](long long) {});
    }
  }

  /// Reads until each reader has so many events.
  void run(size_t events, std::FILE* arrivals) {
    const size_t wanted = events * readers_.size();
    auto last = Clock::now();
    while (count_ < wanted) {
      const size_t before = count_;
      read([&](long long id) {
        if (++count_ == 1) first_ = Clock::now();
        if (!arrivals) return;
        const auto wall = std::chrono::system_clock::now().time_since_epoch();
        std::fprintf(arrivals, "%lld %lld\n", id,
                     static_cast<long long>(wall / std::chrono::microseconds(1)));
      });
      const auto now = Clock::now();
      if (count_ > before) last = now;
      if (now - last > patience) {
        die(std::to_string(count_) + " of " + std::to_string(wanted) + " events arrived");
      }
    }
  }

  void print() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - first_).count();
    std::printf("{\"requests\": %zu, \"seconds\": %.6f, \"reopened\": %zu}\n", count_, seconds,
                reopened_);
  }

 private:
  template <class Arrived>
  void read(Arrived arrived) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, 256, 1000);
    for (int i = 0; i < count; ++i) {
      const size_t index = events[i].data.u64;
      if (readers_[index].read(arrived)) continue;
      readers_[index].reopen();
      watch(index);
      ++reopened_;
    }
  }
  void watch(size_t index) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, readers_[index].socket(), &event);
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Reader> readers_;
  size_t count_ = 0, reopened_ = 0;
  Clock::time_point first_;
};

std::vector<std::string> read_requests(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) die(std::string("cannot read ") + path);
  std::vector<std::string> requests;
  for (std::string one; std::getline(file, one, '\0');) requests.push_back(one);
  return requests;
}

void run_bare(size_t bytes, size_t readers, size_t events) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = address_of("127.0.0.1:0");
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    die("no listener");
  }
  const pid_t child = fork();
  if (child == 0) {
    send_bare(listener, readers, bytes, events);
    pause();  // so that no stream ends before the last one is read
  }
  Crowd crowd(address, {}, readers);
  crowd.run(events, nullptr);
  crowd.print();
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace

int main(int count, char** words) {
  auto number = [&](int at) { return std::strtoul(words[at], nullptr, 10); };
  if (count == 5 && std::string_view(words[1]) == "bare") {
    run_bare(number(2), number(3), number(4));
    return 0;
  }
  if (count != 6) die("usage: feed_loop ADDRESS REQUESTS READERS EVENTS ARRIVALS");
  std::FILE* arrivals = std::fopen(words[5], "w");
  if (!arrivals) die("cannot write the arrivals");
  Crowd crowd(address_of(words[1]), read_requests(words[2]), number(3));
  crowd.wait_for_heads();
  std::printf("ready\n");
  std::fflush(stdout);
  crowd.run(number(4), arrivals);
  std::fclose(arrivals);
  crowd.print();
}
