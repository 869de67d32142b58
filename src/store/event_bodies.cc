#include "store/event_bodies.h"

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <new>

#include "base/crypto.h"
#include "base/log.h"

namespace esclusa::store {
namespace {

/// The values of `event_body.codec`. Another dictionary gets another number.
constexpr int64_t plain = 0, zstd_with_dictionary_1 = 1;

/// A larger body stays plain. So a damaged row cannot ask for more memory than this.
constexpr size_t compressed_text_max = size_t{64} << 20;

constexpr int level = 1;
/// For what is compressed once and stored with many events.
constexpr int level_of_end = 6;

struct Dictionary {
  std::string_view name;
  std::string_view text;
};
constexpr Dictionary dictionaries[] = {
#include "store/dictionary.inc"
};
static_assert(std::size(dictionaries) == 1);

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
  void operator()(ZSTD_DDict* dictionary) const { ZSTD_freeDDict(dictionary); }
};

template <class Made>
std::unique_ptr<Made, Free> owned(Made* made) {
  if (made == nullptr) throw std::bad_alloc();
  return std::unique_ptr<Made, Free>(made);
}

using Prepared = std::unique_ptr<ZSTD_CDict, Free>;

Prepared prepare(int for_level) {
  const std::string_view text = dictionaries[0].text;
  return owned(ZSTD_createCDict(text.data(), text.size(), for_level));
}

/// One frame, which knows the size of the text and has a checksum.
std::string compress(std::string_view text, const Prepared& dictionary) {
  thread_local const auto context = owned(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_refCDict(context.get(), dictionary.get());
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), text.data(), text.size());
  // The only error left: the other ones are of our own making.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  frame.resize(size);
  return frame;
}

std::string compress(std::string_view text) {
  static const Prepared dictionary = prepare(level);
  return compress(text, dictionary);
}

/// The texts of all frames, one behind the other; nothing if one of them is damaged.
std::optional<std::string> decompress(std::string_view frames) {
  static const auto dictionary =
      owned(ZSTD_createDDict(dictionaries[0].text.data(), dictionaries[0].text.size()));
  thread_local const auto context = owned(ZSTD_createDCtx());
  if (frames.empty()) return std::nullopt;
  std::string text;
  while (!frames.empty()) {
    // An unknown size and an error are larger than any size.
    const auto size = ZSTD_getFrameContentSize(frames.data(), frames.size());
    if (size > compressed_text_max - text.size()) return std::nullopt;
    const size_t frame = ZSTD_findFrameCompressedSize(frames.data(), frames.size());
    if (ZSTD_isError(frame) != 0) return std::nullopt;
    const size_t begin = text.size();
    text.resize(begin + size);
    const size_t written = ZSTD_decompress_usingDDict(context.get(), text.data() + begin, size,
                                                      frames.data(), frame, dictionary.get());
    if (written != size) return std::nullopt;
    frames.remove_prefix(frame);
  }
  return text;
}

std::optional<std::string> decode(int64_t codec, std::string_view stored) {
  if (codec == plain) return std::string(stored);
  if (codec != zstd_with_dictionary_1) return std::nullopt;
  const auto frames = base64_decode(stored);
  return frames ? decompress(*frames) : std::nullopt;
}

}  // namespace

BodyEnd compress_end(std::string text) {
  static const Prepared dictionary = prepare(level_of_end);
  std::string compressed = compress(text, dictionary);
  return {std::move(text), std::move(compressed)};
}

void insert_event_body(sql::Writer& tx, EventId event, std::string_view body, const BodyEnd* end) {
  constexpr std::string_view sql =
      "insert into event_body (event_id, codec, body) values ($1, $2, $3)";
  if (body.size() > compressed_text_max) {
    tx.execute(sql, {event.value, plain, body});
  } else if (end != nullptr && body.ends_with(end->text)) {
    std::string frames = compress(body.substr(0, body.size() - end->text.size()));
    frames += end->compressed;
    tx.execute(sql, {event.value, zstd_with_dictionary_1, base64(frames)});
  } else {
    tx.execute(sql, {event.value, zstd_with_dictionary_1, base64(compress(body))});
  }
}

std::optional<std::string> read_event_body(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  auto body = decode(row.integer(column + 1), row.text(column + 2));
  if (!body) log::error("the body of an event is damaged", {{"event_id", row.integer(column)}});
  return body;
}

}  // namespace esclusa::store
