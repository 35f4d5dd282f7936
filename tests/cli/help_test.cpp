#include "cli/help.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_bed.hpp"

namespace cowstore::test {
namespace {

std::vector<std::string> words_of(std::string_view name) {
  std::istringstream stream{std::string(name)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// The help of every verb, asked for as a user does.
std::map<std::string, std::string> all_help() {
  CliBed bed;
  std::map<std::string, std::string> pages;
  for (const auto& group : cli::verb_groups()) {
    for (const auto& verb : group.verbs) {
      auto args = words_of(verb.info.name);
      args.push_back("--help");
      pages[std::string(verb.info.name)] = bed.done(args).out;
    }
  }
  return pages;
}

TEST(Help, OfEveryVerbHasUsageDescriptionAndExamples) {
  for (const auto& [name, page] : all_help()) {
    EXPECT_TRUE(page.starts_with("cowstore " + name + ": ")) << page;
    EXPECT_NE(page.find("\nUsage:\n  cowstore " + name), std::string::npos) << page;
    EXPECT_NE(page.find("\nExamples:\n  $ cowstore "), std::string::npos) << page;
    EXPECT_NE(page.find("\nExit status:\n"), std::string::npos) << page;
    EXPECT_NE(page.find("--json"), std::string::npos) << page;
  }
}

TEST(Help, FitsAnOrdinaryTerminal) {
  for (const auto& [name, page] : all_help()) {
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      bool usage = line.starts_with("  cowstore ") || line.starts_with("  $ ");
      EXPECT_LE(line.size(), usage ? 110U : 80U) << name << ": " << line;
    }
  }
}

TEST(Help, ExamplesUseOnlyWhatIsDeclared) {
  CliBed bed;
  for (const auto& group : cli::verb_groups()) {
    for (const auto& verb : group.verbs) {
      EXPECT_GE(verb.info.examples.size(), 1U) << verb.info.name;
      for (const auto& example : verb.info.examples) {
        EXPECT_TRUE(example.command.starts_with("cowstore ")) << example.command;
        EXPECT_FALSE(example.effect.empty());
      }
    }
  }
}

TEST(Help, OfTheProgramListsEveryVerb) {
  CliBed bed;
  std::string page = bed.done({"--help"}).out;
  for (const auto& group : cli::verb_groups()) {
    for (const auto& verb : group.verbs) {
      EXPECT_NE(page.find("\n  " + std::string(verb.info.name) + " "), std::string::npos) << verb.info.name;
    }
  }
}

TEST(Help, IsFoundBeforeAndAfterTheVerbAndWithWrongArguments) {
  CliBed bed;
  std::string page = bed.done({"restore", "--help"}).out;
  EXPECT_EQ(bed.done({"restore", "-h"}).out, page);
  EXPECT_EQ(bed.done({"--help", "restore"}).out, page);
  EXPECT_EQ(bed.done({"restore", "--bogus", "--help"}).out, page);
}

TEST(Help, WithoutArgumentsIsPrintedAndAUsageError) {
  CliBed bed;
  Ran ran = bed.run({});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, bed.done({"--help"}).out);
}

TEST(Help, IsAnObjectUnderJson) {
  CliBed bed;
  EXPECT_EQ(bed.json({"commit", "--help"})["help"], bed.done({"commit", "--help"}).out);
}

}  // namespace
}  // namespace cowstore::test
