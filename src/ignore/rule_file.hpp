// The rules of one .cowignore file. The syntax is that of .gitignore (gitignore(5)), byte for byte:
//
//   #…  \#…  \!…       a comment; names that begin with those characters
//   *  ?  [a-z]  [!…]  any bytes, one byte, one of a class ([^…] and [[:alpha:]] too), none of them a slash; \ escapes
//   **/  /**  /**/     any directories, everything inside, any directories between
//   a/b  /a            a slash at the start or inside: relative to the file's directory; else the name at any depth
//   a/                 directories only
//   !a                 takes back what a line before it ignored
//
// Trailing spaces are dropped unless escaped, as are one CR at the end of a line, a BOM, and what follows a NUL.
// Lines that no path can match, for instance with an unclosed class, say nothing. The last line that matches decides.
//
// Git departs from its manual in one place, and this does not: right after literal text (`foo**/bar`, `a/foo**`)
// Git's two stars cross slashes; here, as documented, they are one star.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

namespace cowstore::ignore {

class RuleSet;

/// What a rule may ask about an entry. A symlink is a kFile wherever it points, as is whatever else isn't a directory.
enum class EntryKind { kFile, kDirectory };
enum class Verdict { kUndecided, kIgnored, kIncluded };

/// Immutable and cheap to copy; any number of threads may use one. Never fails: every text is a rule file.
class RuleFile {
 public:
  /// Compiles `text`, which need not outlive the call. Takes time and memory linear in it.
  [[nodiscard]] static RuleFile parse(std::string_view text);

  /// What the file says of one path (relative to its directory, no leading or trailing slash), and of that alone:
  /// whether a parent is ignored is the caller's question. For single look-ups; a scan uses RuleChain.
  [[nodiscard]] Verdict match(std::string_view path, EntryKind kind) const;

  /// Whether there is no rule at all.
  [[nodiscard]] bool empty() const;

 private:
  friend class RuleChain;
  explicit RuleFile(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const RuleSet> rules_;
};

}  // namespace cowstore::ignore
