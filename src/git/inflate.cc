#include "git/inflate.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <memory>

#include "git/folder.h"

namespace esclusa::git {

Result<std::string> inflate_at(int file, off_t at, size_t size) {
  std::string data(size, '\0');
  char buffer[4096];
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return cannot_read("inflating an object", "no memory");
  const std::unique_ptr<z_stream, decltype([](z_stream* s) { inflateEnd(s); })> end(&stream);
  stream.next_out = reinterpret_cast<Bytef*>(data.data());
  stream.avail_out = static_cast<uInt>(size);
  for (int state = Z_OK; state != Z_STREAM_END && stream.avail_out > 0;) {
    if (stream.avail_in == 0) {
      const ssize_t count = pread(file, buffer, sizeof buffer, at);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return cannot_read("inflating an object", "the file ends in it");
      at += count;
      stream.next_in = reinterpret_cast<Bytef*>(buffer);
      stream.avail_in = static_cast<uInt>(count);
    }
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) {
      return cannot_read("inflating an object", "it is broken");
    }
  }
  data.resize(size - stream.avail_out);
  return data;
}

}  // namespace esclusa::git
