#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace esclusa::agent {

/// Replaces secrets by `***` in text that arrives in pieces of any size. A secret is found
///
///   as it is, and each of its lines by itself
///   in base64 at each of the three alignments, of either alphabet, padded or not
///   in hex, percent-encoded, as a JSON string (also twice), escaped for HTML or XML, and quoted
///   for a shell
///
/// and wherever line breaks were put into these, as programs do that wrap lines. Where matches
/// overlap, all of them are replaced. Of base64, the characters that hold bits of the secret only
/// are replaced; the one beside them, which it shares with other bytes, stays.
///
/// What may be the beginning of a secret is held back until more text decides it. So what is held
/// is at most as long as the longest pattern, and nothing else waits: text needs no clock to be
/// shown. A pause between two pieces therefore never shows a part of a secret that is written in
/// two steps. Beginnings of fewer than four characters are shown at once if a line ends with them,
/// as values of that length are not hidden either; the rest of the secret is hidden if it follows.
///
/// Single thread. Its patterns are wiped when it goes away.
class Mask {
 public:
  static constexpr std::string_view stars = "***";
  /// Shorter values, in characters, are not hidden: they would be found everywhere.
  static constexpr size_t shortest_chars = 4;
  /// So many ways to write secrets are looked for. A line has about fifteen.
  static constexpr size_t patterns_max = 20'000;

  Mask() = default;
  ~Mask();
  Mask(const Mask&) = delete;

  /// Hides a value from now on. False if it is too short, or if there are too many patterns:
  /// `is_over_full` tells.
  bool hide(std::string_view value);
  /// True once a value was not hidden, or not wholly, because there are too many patterns.
  bool is_over_full() const { return is_over_full_; }
  bool is_empty() const { return patterns_.empty(); }

  /// Takes the next piece, and returns what can be shown now.
  std::string pass(std::string_view piece);
  /// The end of the text, or a place where it is interrupted: returns what is left. What is the
  /// beginning of a secret then, with four characters or more, is hidden, too.
  std::string finish();
  /// A whole text with its secrets replaced, apart from what passes. Its end may look like the
  /// beginning of a secret: that is shown, since nothing follows.
  std::string whole(std::string_view text) const;

 private:
  /// The text from the first byte that is undecided on.
  struct Held {
    std::string text = {};
    size_t shown = 0;   ///< what comes before was returned, or `***` in its place
    size_t hidden = 0;  ///< what comes before is hidden; past `shown`, its `***` was returned
    bool follows_hidden = false;  ///< what was hidden last ended where the text begins
    ~Held();
  };
  void add_pattern(std::string pattern);
  void hide_forms(std::string_view text);
  /// What the end of the text that is there means.
  enum class End {
    open,  ///< more may follow
    cut,   ///< the text was interrupted, perhaps within a secret
    whole,
  };
  std::string advance(Held& held, End end) const;
  /// How the text, without line breaks, goes on at `from`.
  struct Found {
    size_t matched = 0;      ///< the length of the longest pattern that is there
    bool may_begin = false;  ///< all that is there may be the beginning of a pattern
  };
  Found look(std::string_view flat, size_t from) const;

  std::set<std::string, std::less<>> patterns_;  ///< without line breaks; four bytes or more
  bool is_over_full_ = false;
  std::unordered_set<uint32_t> first_fours_;  ///< the first four bytes of the patterns
  std::set<std::string> beginnings_;          ///< of one to three bytes
  std::vector<bool> first_pairs_;  ///< by the first two bytes: to be quick where there is none
  Held held_;
};

}  // namespace esclusa::agent
