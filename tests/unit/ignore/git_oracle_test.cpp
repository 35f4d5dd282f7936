// Trees with .cowignore files in them, walked by RuleChain and by `git ls-files --exclude-per-directory=.cowignore`.
// What neither ignores must be the same. Every case is a directory of its own, so one run of Git serves them all.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ignore/rule_chain.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::ignore {
namespace {

namespace fs = std::filesystem;
using Paths = std::set<std::string>;

constexpr std::string_view kRuleFileName = ".cowignore";

void write_file(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The standard output of a shell command; nothing if it failed.
std::optional<std::string> output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string out;
  char buffer[65536];
  while (std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
  return pclose(pipe) == 0 ? std::optional(out) : std::nullopt;
}

std::optional<RuleFile> rules_in(const fs::path& directory) {
  fs::path path = directory / kRuleFileName;
  if (!fs::exists(path)) return std::nullopt;
  return RuleFile::parse(read_file(path));
}

/// Adds the files below `directory` that `chain` leaves, as paths that begin with `prefix`.
void walk(const fs::path& directory, const std::string& prefix, const std::shared_ptr<const RuleChain>& chain,
          Paths& kept) {
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    std::string name = entry.path().filename();
    EntryKind kind = entry.is_directory() ? EntryKind::kDirectory : EntryKind::kFile;
    if (chain->ignores(name, kind)) continue;
    if (kind == EntryKind::kFile) {
      kept.insert(prefix + name);
    } else {
      walk(entry, prefix + name + "/", RuleChain::extend(chain, name, rules_in(entry)), kept);
    }
  }
}

/// The rule files of a case, to be read beside a difference.
std::string rules_below(const fs::path& directory) {
  std::string out;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().filename() != kRuleFileName) continue;
    out += "--- " + entry.path().lexically_relative(directory).string() + "\n" + read_file(entry) + "\n";
  }
  return out;
}

class GitOracle : public testing::Test {
 protected:
  void SetUp() override {
    // Tens of thousands of empty files: in memory where that is possible.
    fs::path parent = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string path = (parent / "cowstore-ignore-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    root_ = path;
    if (!git("init -q")) test::skip_test("needs git");
  }
  void TearDown() override {
    if (!root_.empty()) fs::remove_all(root_);
  }

  fs::path new_case() { return root_ / ("case" + std::to_string(cases_++)); }

  /// Git's answer for every case, and ours.
  void compare() {
    auto answer = git("ls-files -z --others --exclude-per-directory=.cowignore");
    ASSERT_TRUE(answer);
    Paths kept_by_git;
    for (std::size_t at = 0, end = 0; (end = answer->find('\0', at)) != std::string::npos; at = end + 1) {
      kept_by_git.insert(answer->substr(at, end - at));
    }
    for (int number = 0; number < cases_; ++number) compare_case("case" + std::to_string(number), kept_by_git);
  }

 private:
  std::optional<std::string> git(const std::string& arguments) const {
    return output_of("cd '" + root_.string() +
                     "' && env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE GIT_CONFIG_GLOBAL=/dev/null "
                     "GIT_CONFIG_NOSYSTEM=1 git " +
                     arguments);
  }

  void compare_case(const std::string& name, const Paths& kept_by_git) const {
    std::string prefix = name + "/";
    Paths expected(kept_by_git.lower_bound(prefix), kept_by_git.lower_bound(name + "0"));  // '0' follows '/'
    Paths kept;
    walk(root_ / name, prefix, RuleChain::root(rules_in(root_ / name)), kept);
    EXPECT_EQ(kept, expected) << rules_below(root_ / name);
  }

  fs::path root_;
  int cases_ = 0;
};

// --- The hand-written part: each of these against one tree of awkward names.

// Packed by hand, one topic per paragraph.
// clang-format off
constexpr std::string_view kAwkwardFiles[] = {
    "foo", "foo.o", "foo.c", "foobar", "bar/foo", "bar/foo.o", "bar/foobar/x", "bar/baz/foo", "foo.d/x", "foo.d/foo",
    "a/b", "a/b.c", "a/x/b", "a/x/y/b", "a/x/y/z/b.c", "x/a/b", "x/a/x/b", "bar/a/b", "x[a/b]y", "b", "c", "dir/a",
    "dir/sub/a", "dir/sub/b", "dir/sub/deep/a", "bar/*/foo", "bar/**/foo", "#foo", "!foo", "!!foo", "foo ", "foo  ",
    " foo", "foo\t", "foo\r", "foo\\", "foo\\ ", "f\noo", "FOO", ("\xef\xbb\xbf" "foo"), "*", "**", "?", "[", "]",
    "[a]", "a]", "-", "^", ":", "#", "!", "\\", "\\a", "{a,b}", "~", "a-b", "_1", ".hidden", "...", "\xff\xfe",
    "\xc3\xa9"};

constexpr std::string_view kHandWritten[] = {
    // comments, negation, escapes at the start
    "", "\n\n", "# foo\n", "#foo\n", "\\#foo\n", "!foo\n", "*\n!foo\n", "\\!foo\n", "*\n!!foo\n", "\\!!foo\n",
    "!\n*\n", "!*\n*\n",
    // spaces, line ends, byte order marks
    "foo \n", "foo\\ \n", "foo\\  \n", "foo \\ \n", "foo\\\\ \n", "foo\\\\\\ \n", " foo\n", "foo\t\n", "  \nfoo\n",
    "foo\r\n", "foo \r\n", "foo\r\r\n", "foo\r", "\r\n", "foo\\\r\n", "bar/\r\n", "#\r\nfoo\r\n", "f\\\noo\n",
    ("\xef\xbb\xbf" "foo\n"), ("\xef\xbb\xbf" "#foo\n"), ("\xef\xbb\xbf\xef\xbb\xbf" "foo\n"),
    ("foo\n\xef\xbb\xbf" "bar\n"),
    // wildcards in names
    "*\n", "?\n", "??\n", "*.*\n", ".*\n", "*foo*\n", "f*o\n", "f**o\n", "**\n", "**/\n", "***\n", "*/\n",
    // directories and what is taken back inside
    "*\n!*/\n", "*\n!*/\n!*.c\n", "/*\n!/dir\n", "/*\n!/dir\n/dir/*\n!/dir/sub\n", "dir\n!dir/sub\n",
    "dir/*\n!dir/sub\n", "dir/**\n!dir/sub/\n", "dir/**\n!dir/**/\n!dir/**/b\n", "dir/sub\n!dir/\n",
    "*\n!dir/\n!dir/**\n", "*\n!**/a\n!*/\n",
    // slashes
    "foo/\n", "bar/\n", "/foo\n", "/bar/foo\n", "bar/foo\n", "foo/bar\n", "/bar/\n", "/*\n", "/*/\n", "/\n", "//\n",
    "//foo\n", "bar//foo\n", "foo//\n", ".\n", "..\n", "./foo\n", "bar/../foo\n", "bar/./foo\n",
    // stars in paths
    "/**\n", "/**/\n", "**/foo\n", "**/bar/foo\n", "bar/**\n", "bar/**/foo\n", "a/**/b\n", "a/**/**/b\n",
    "a/***/b\n", "a/**/b*\n", "**/a/**/b\n", "**/x/**\n", "a/*/b\n", "a/*/*/b\n", "*/b\n", "*/*/b\n", "**/*\n",
    "**/*/b\n", "**/**/b\n", "a/?/b\n", "a*/b\n", "*a/b\n", "a**b\n", "/a**\n", "a/**x/b\n", "?oo**/x\n",
    "[f]oo**/foo\n", "*r/**/f*\n", "a/**/\n", "a/**/**\n", "**/**\n", "a/x/**/b.c\n", "a/**/x/**/b\n", "**//\n",
    "a/**//b\n",
    // classes
    "[\n", "[a\n", "foo[\n", "[]\n", "[!]\n", "[]]\n", "[!]]\n", "[]-]\n", "[a-]\n", "[-a]\n", "[!a]\n", "[^a]\n",
    "[a-c]\n", "[c-a]\n", "[\\]]\n", "[\\\\]\n", "[\\-]\n", "[a\\-c]\n", "[[]\n", "[[]a]\n", "[!-]\n", "[^^]\n",
    "[\\^]\n", "[a^]\n", "[--^]\n", "[\n!foo[\nfoo\n", "[:]\n", "[[:]\n", "[[:]]\n", "[[::]]\n", "[[:alpha:]\n",
    "[[:alpha:]]\n", "[![:alpha:]]\n", "[[:alpha:]_][[:digit:]]\n", "[[:foo:]]\n", "[a[:foo:]]\n", "[[:alpha:\n",
    "[a-[:alpha:]]\n", "[[:digit:]-b]\n", "[a[:digit:]-c]\n", "[[:upper:]]*\n", "[\\[:alpha:]]\n", "[[:ALPHA:]]\n",
    "[[.a.]]\n", "[[=a=]]\n", "[[:\\][:x:]]\n", "[[:[:a]\n",
    "x[a/b]y\n", "a[/]b\n", "a[!x]b\n", "a[.-0]b\n", "[\x80-\xff]*\n", "[!\x80-\xff]\n",
    "\xc3\xa9\n", "\xc3?\n", "\xff*\n",
    // escapes, and what means nothing
    "\\foo\n", "\\f\\o\\o\n", "foo\\\n", "\\\n", "\\\\\n", "\\\\a\n", "\\*\n", "\\?\n", "\\[\n", "\\[a\\]\n",
    "[a]\n", "bar/\\*/foo\n", "bar/\\*\\*/foo\n", "a\\/b\n", "bar\\/\n", "foo*\\\n", "*\\\\\n", "foo\\ bar\n",
    "{a,b}\n", "~\n", "FOO\n"};
// clang-format on

TEST_F(GitOracle, AgreesOnHandWrittenRules) {
  for (std::string_view rules : kHandWritten) {
    fs::path directory = new_case();
    for (std::string_view file : kAwkwardFiles) write_file(directory / file, "");
    write_file(directory / kRuleFileName, rules);
  }
  compare();
}

TEST_F(GitOracle, AgreesOnEveryByteOfEveryNamedClass) {
  for (std::string_view name :
       {"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"}) {
    fs::path directory = new_case();
    for (int byte = 1; byte < 256; ++byte) {
      if (byte != '/') write_file(directory / (std::string("x") + static_cast<char>(byte)), "");
    }
    write_file(directory / kRuleFileName, "x[[:" + std::string(name) + ":]]\n");
  }
  compare();
}

TEST_F(GitOracle, AgreesOnALineWithANulByte) {
  fs::path directory = new_case();
  for (std::string_view file : {"a", "b", "ab", "c"}) write_file(directory / file, "");
  using namespace std::string_view_literals;
  write_file(directory / kRuleFileName, "a \0b\n\0c\nb\0\n"sv);
  compare();
}

// --- The random part.

/// Where Git does other than its manual says: two stars right after literal text, in a rule with a slash, cross slashes
/// (and a slash that is escaped doesn't let the stars before it stand for no directory).
bool departs_from_the_manual(std::string_view line) {
  if (line.starts_with('!')) line.remove_prefix(1);
  if (line.find("**\\/") != std::string_view::npos) return true;
  std::size_t literal = std::min(line.find_first_of("*?[\\"), line.size());
  return line.find('/') != std::string_view::npos && literal > 0 && line[literal - 1] != '/' &&
         line.substr(literal).starts_with("**");
}

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  void make_tree(const fs::path& directory, int depth) {
    for (int i = 0; i < 3; ++i) write_file(directory / name(), "");
    if (depth == 0 || one_in(3)) write_file(directory / kRuleFileName, rules(depth == 0 ? 8 : 3));
    for (int i = 0; depth < 3 && i < 2; ++i) {
      fs::path child = directory / name();
      if (!fs::exists(child)) make_tree(child, depth + 1);
    }
  }

 private:
  bool one_in(std::size_t n) { return random_() % n == 0; }
  template <class Array>
  std::string pick(const Array& from) {
    return std::string(from[random_() % std::size(from)]);
  }

  std::string name() {
    static constexpr std::string_view kNames[] = {"a",   "b",  "ab", "ba", "aa",  "a.b", "b.a", "abab",
                                                  "a b", "-a", "!a", "#a", "[a]", "a*",  "a\\b"};
    return pick(kNames);
  }

  std::string rules(std::size_t most) {
    std::string out = one_in(20) ? "\xef\xbb\xbf" : "";
    for (std::size_t count = 1 + random_() % most; count > 0; --count) {
      std::string line = one_in(5) ? noise() : pattern();
      if (!departs_from_the_manual(line)) out += line + (one_in(8) ? "\r\n" : "\n");
    }
    return out;
  }

  std::string pattern() {
    std::string out = one_in(3) ? "!" : "";
    if (one_in(4)) out += "/";
    for (std::size_t count = 1 + random_() % 3; count > 0; --count) out += component() + (count > 1 ? "/" : "");
    if (one_in(4)) out += "/";
    if (one_in(10)) out += "  ";
    return out;
  }

  std::string component() {
    static constexpr std::string_view kPieces[] = {"*",           "?",   "**",  "[ab]", "[!a]", "[^.b]", "[a-b]",
                                                   "[[:alpha:]]", "\\a", "\\*", "a",    "b",    "."};
    if (one_in(4)) return "**";
    std::string out = name();
    if (one_in(2)) return out;
    for (std::size_t count = 1 + random_() % 2; count > 0; --count)
      out.replace(random_() % out.size(), 1, pick(kPieces));
    return out;
  }

  std::string noise() {
    static constexpr std::string_view kAlphabet = "aaabbb***//??[]!^-\\.:# ";
    std::string out(1 + random_() % 8, ' ');
    for (char& c : out) c = kAlphabet[random_() % kAlphabet.size()];
    return out;
  }

  std::mt19937 random_;
};

TEST_F(GitOracle, AgreesOnRandomRulesInRandomTrees) {
  constexpr std::uint32_t kCases = COWSTORE_SOAK ? 3000 : 250;
  for (std::uint32_t seed = 0; seed < kCases; ++seed) Generator(seed).make_tree(new_case(), 0);
  compare();
}

}  // namespace
}  // namespace cowstore::ignore
