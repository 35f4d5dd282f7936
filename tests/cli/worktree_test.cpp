// Working copies, from the user's side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli_bed.hpp"

namespace cowstore::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A repository in main/, and a working copy of it in side/.
class WorktreeCommand : public testing::Test {
 protected:
  WorktreeCommand() {
    bed.done({"init", "main"});
    bed.directory = "main";
    bed.write("main/a", "first");
    bed.done({"commit", "-m", "1"});
    bed.done({"checkout", "main", "../side"});
  }
  CliBed bed;
};

TEST_F(WorktreeCommand, ListIsATableWithTheCurrentOneMarked) {
  bed.write("side/a", "edited");
  bed.directory = "side";
  std::string text = bed.done({"worktree", "list"}).out;
  EXPECT_THAT(text, HasSubstr("HEAD"));
  EXPECT_THAT(text, testing::ContainsRegex("\n +main  main  +clean .*" + bed.path("main") + "\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\n\\* +main .*1 modified .*" + bed.path("side") + "\n"));
}

TEST_F(WorktreeCommand, ListTellsSizesUnlessItIsToBeFast) {
  std::string text = bed.done({"worktree", "list"}).out;
  EXPECT_THAT(text, HasSubstr("EXCLUSIVE"));
  EXPECT_THAT(text, testing::Not(HasSubstr("USED")));
  std::string fast = bed.done({"worktree", "list", "--fast"}).out;
  EXPECT_THAT(fast, testing::Not(HasSubstr("EXCLUSIVE")));
  EXPECT_THAT(bed.done({"worktree", "list", "-v"}).out,
              HasSubstr(bed.json({"worktree", "list"})["worktrees"][1]["id"]));
  json space = bed.json({"worktree", "list"})["worktrees"][1]["space"];
  EXPECT_EQ(space["apparent"].get<std::uint64_t>() > 5, true);
  EXPECT_EQ(bed.json({"worktree", "list", "--fast"})["worktrees"][1]["space"], nullptr);
}

TEST_F(WorktreeCommand, ListFitsTheTerminal) {
  bed.out_device = cli::Device::kTerminal;
  bed.done({"checkout", "main", "../" + std::string(120, 'x')});
  std::istringstream lines(bed.done({"worktree", "list"}).out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 82U) << line;  // "…" has three bytes
}

TEST_F(WorktreeCommand, ListInJsonHasExactStates) {
  bed.write("side/new", "1");
  json list = bed.json({"worktree", "list"})["worktrees"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["state"], "clean");
  EXPECT_EQ(list[0]["current"], true);
  EXPECT_EQ(list[1]["state"], "modified");
  EXPECT_EQ(list[1]["changed"], 1);
  EXPECT_EQ(bed.json({"worktree", "list", "--fast"})["worktrees"][1]["state"], "unchecked");
}

TEST_F(WorktreeCommand, DuNamesWorkingCopiesPartsOfTheStoreAndCommits) {
  std::string text = bed.done({"du"}).out;
  for (const std::string& part :
       {bed.path("main"), bed.path("side"), std::string("packs"), std::string("on disk in all")})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, testing::ContainsRegex("[0-9a-f]{7}  1\n"));
  json use = bed.json({"du"});
  EXPECT_EQ(use["worktrees"].size(), 2U);
  EXPECT_EQ(use["worktrees"][0]["main"], true);
  EXPECT_EQ(use["commits"][0]["apparent"], 5);
  EXPECT_EQ(use["commits"][0]["files"], 1);
  EXPECT_EQ(use["commits_in_all"], 1);
  EXPECT_EQ(bed.json({"du", "-n", "0"})["commits"].size(), 0U);
}

TEST_F(WorktreeCommand, PruneSaysWhatItDid) {
  EXPECT_EQ(bed.done({"worktree", "prune"}).out, "Nothing to prune\n");
  remove_path(bed.path("side"));
  EXPECT_EQ(bed.done({"worktree", "prune", "-n"}).out, "would drop " + bed.path("side") + " (its directory is gone)\n");
  EXPECT_EQ(bed.done({"worktree", "prune"}).out, "dropped " + bed.path("side") + " (its directory is gone)\n");
  EXPECT_EQ(bed.json({"worktree", "list"})["worktrees"].size(), 1U);
}

TEST_F(WorktreeCommand, RemoveRefusesWorkAndNamesIt) {
  bed.write("side/a", "edited");
  bed.write("side/new", "1");
  Ran ran = bed.run({"worktree", "remove", "../side"});
  EXPECT_EQ(ran.status, 4);
  EXPECT_THAT(ran.err, HasSubstr("a, new"));
  EXPECT_THAT(ran.err, HasSubstr("--force"));
  EXPECT_THAT(bed.done({"worktree", "remove", "-f", "../side"}).out,
              testing::StartsWith("removed " + bed.path("side") + "\nkept what was in 2 paths for `cowstore undo`"));
  EXPECT_FALSE(exists(bed.path("side")));
  EXPECT_THAT(bed.done({"undo"}).out, HasSubstr("restored " + bed.path("side")));
  EXPECT_EQ(read_file(bed.path("side/a")), "edited");
}

TEST_F(WorktreeCommand, RemoveSaysWhyOfMainCurrentAndUnknown) {
  EXPECT_EQ(bed.run({"worktree", "remove", "."}).status, 4);
  EXPECT_EQ(bed.run({"worktree", "remove", "../nothing"}).status, 3);
  EXPECT_EQ(bed.run({"worktree", "remove"}).status, 2);
  bed.directory = "side";
  EXPECT_THAT(bed.run({"worktree", "remove", "."}).err, HasSubstr("runs in it"));
  EXPECT_THAT(bed.run({"worktree", "remove", "--force", "../main"}).err, HasSubstr("holds the store"));
}

TEST_F(WorktreeCommand, RepairFailsWhereSomethingStaysWrong) {
  rename_path(bed.path("side"), bed.path("moved"));
  Ran ran = bed.run({"worktree", "repair"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasSubstr("not repaired: " + bed.path("side")));
  EXPECT_EQ(bed.done({"worktree", "repair", "../moved"}).out,
            "repaired " + bed.path("moved") + " (was registered at " + bed.path("side") + ")\n");
}

TEST_F(WorktreeCommand, ACommandWhoseStoreWasMovedNamesTheWayOut) {
  rename_path(bed.path("main"), bed.path("moved"));
  bed.directory = "side";
  Ran ran = bed.run({"status"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, HasSubstr("cowstore worktree repair"));
  bed.directory = "moved";
  bed.done({"worktree", "repair"});
  bed.directory = "side";
  bed.done({"status"});
}

}  // namespace
}  // namespace cowstore::test
