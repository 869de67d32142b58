#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Texts compressed by zstd with a dictionary of our own. Any thread.
namespace esclusa::store {

/// A dictionary is plain text in `store/dictionary/`, and never changes.
enum class FrameDictionary { event_bodies = 0, responses = 1 };

/// A larger text is not compressed. So a damaged row cannot ask for more memory than this.
constexpr size_t compressed_text_max = size_t{64} << 20;

/// Compresses with one dictionary at one level of zstd.
class FrameWriter {
 public:
  enum class Checksum { off, on };
  FrameWriter(FrameDictionary dictionary, int level, Checksum checksum);
  FrameWriter(const FrameWriter&) = delete;
  ~FrameWriter();
  /// One frame, which knows the size of the text.
  std::string compress(std::string_view text) const;

 private:
  struct Prepared;
  std::unique_ptr<Prepared> prepared_;
};

/// The texts of all frames, one behind the other; nothing if one of them is damaged or there is
/// none.
std::optional<std::string> decompress_frames(FrameDictionary dictionary, std::string_view frames);

}  // namespace esclusa::store
