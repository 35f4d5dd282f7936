#include "ignore/rule_chain.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string_view>

namespace cowstore::ignore {
namespace {

using Chain = std::shared_ptr<const RuleChain>;

Chain top(std::string_view rules) {
  return RuleChain::root(RuleFile::parse(rules));
}

Chain enter(const Chain& parent, std::string_view name) {
  return RuleChain::extend(parent, name, std::nullopt);
}

Chain enter(const Chain& parent, std::string_view name, std::string_view rules) {
  return RuleChain::extend(parent, name, RuleFile::parse(rules));
}

bool ignores_file(const Chain& chain, std::string_view name) {
  return chain->ignores(name, EntryKind::kFile);
}

TEST(RuleChain, WithoutRulesNothingIsIgnored) {
  Chain chain = enter(RuleChain::root(std::nullopt), "a");
  EXPECT_FALSE(ignores_file(chain, "b"));
  EXPECT_FALSE(chain->ignores("b", EntryKind::kDirectory));
}

TEST(RuleChain, RulesForNamesHoldAtEveryDepth) {
  Chain chain = enter(enter(top("*.o\n"), "a"), "b");
  EXPECT_TRUE(ignores_file(chain, "x.o"));
  EXPECT_FALSE(ignores_file(chain, "x.c"));
}

TEST(RuleChain, PathsAreRelativeToTheDirectoryOfTheirFile) {
  Chain chain = enter(top("a/x\n"), "a", "/y\nb/z\n");
  EXPECT_TRUE(ignores_file(chain, "x"));
  EXPECT_TRUE(ignores_file(chain, "y"));
  EXPECT_FALSE(ignores_file(enter(chain, "b"), "y"));
  EXPECT_TRUE(ignores_file(enter(chain, "b"), "z"));
}

TEST(RuleChain, ADeeperFileGoesBeforeThoseAbove) {
  Chain chain = enter(top("*.o\n!a/b.o\n"), "a", "!k.o\nb.o\n");
  EXPECT_FALSE(ignores_file(chain, "k.o"));
  EXPECT_TRUE(ignores_file(chain, "b.o"));
  EXPECT_TRUE(ignores_file(chain, "x.o"));
}

TEST(RuleChain, ADeeperFileHoldsForItsDirectoryOnly) {
  Chain root = top("*.o\n");
  enter(root, "a", "!k.o\n");
  EXPECT_TRUE(ignores_file(root, "k.o"));
  EXPECT_TRUE(ignores_file(enter(root, "b"), "k.o"));
}

TEST(RuleChain, TrailingSlashesAskForDirectories) {
  Chain chain = top("build/\n");
  EXPECT_TRUE(chain->ignores("build", EntryKind::kDirectory));
  EXPECT_FALSE(chain->ignores("build", EntryKind::kFile));
}

TEST(RuleChain, IsTheParentItselfWhereNothingChanges) {
  Chain names = top("*.o\nbuild/\n**/cache\n");
  EXPECT_EQ(enter(names, "a"), names);
  EXPECT_EQ(enter(names, "a", "# nothing\n"), names);
  Chain nothing = RuleChain::root(std::nullopt);
  EXPECT_EQ(enter(nothing, "a"), nothing);
}

TEST(RuleChain, DropsRulesThatCannotMatchBelow) {
  Chain below = enter(top("/a\n/b/c\n"), "x");
  EXPECT_EQ(enter(below, "y"), below);
  EXPECT_FALSE(ignores_file(below, "a"));
}

TEST(RuleChain, OutlivesItsParent) {
  Chain chain;
  {
    Chain parent = top("a/*.o\nx\n");
    chain = enter(parent, "a", "y\n");
  }
  EXPECT_TRUE(ignores_file(chain, "b.o"));
  EXPECT_TRUE(ignores_file(chain, "x"));
  EXPECT_TRUE(ignores_file(chain, "y"));
}

}  // namespace
}  // namespace cowstore::ignore
