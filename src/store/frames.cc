#include "store/frames.h"

#include <zstd.h>

#include <new>

namespace esclusa::store {
namespace {

struct Dictionary {
  std::string_view name;
  std::string_view text;
};
/// In the order of their names, which is that of `FrameDictionary`.
constexpr Dictionary dictionaries[] = {
#include "store/dictionary.inc"
};
static_assert(std::size(dictionaries) == 2);

std::string_view text_of(FrameDictionary dictionary) {
  return dictionaries[static_cast<size_t>(dictionary)].text;
}

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

using Reading = std::unique_ptr<ZSTD_DDict, Free>;

Reading prepare_to_read(FrameDictionary dictionary) {
  const std::string_view text = text_of(dictionary);
  return owned(ZSTD_createDDict(text.data(), text.size()));
}

}  // namespace

struct FrameWriter::Prepared {
  std::unique_ptr<ZSTD_CDict, Free> dictionary;
  Checksum checksum;
};

FrameWriter::FrameWriter(FrameDictionary dictionary, int level, Checksum checksum) {
  const std::string_view text = text_of(dictionary);
  prepared_ = std::make_unique<Prepared>(owned(ZSTD_createCDict(text.data(), text.size(), level)),
                                         checksum);
}

FrameWriter::~FrameWriter() = default;

std::string FrameWriter::compress(std::string_view text) const {
  thread_local const auto context = owned(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag,
                         prepared_->checksum == Checksum::on ? 1 : 0);
  ZSTD_CCtx_refCDict(context.get(), prepared_->dictionary.get());
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), text.data(), text.size());
  // The only error left: the other ones are of our own making.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  frame.resize(size);
  return frame;
}

std::optional<std::string> decompress_frames(FrameDictionary dictionary, std::string_view frames) {
  static const Reading prepared[] = {prepare_to_read(FrameDictionary::event_bodies),
                                     prepare_to_read(FrameDictionary::responses)};
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
    const size_t written =
        ZSTD_decompress_usingDDict(context.get(), text.data() + begin, size, frames.data(), frame,
                                   prepared[static_cast<size_t>(dictionary)].get());
    if (written != size) return std::nullopt;
    frames.remove_prefix(frame);
  }
  return text;
}

}  // namespace esclusa::store
