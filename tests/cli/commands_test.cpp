// Each command once from the user's side: that it is wired to the right thing, and says what happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli_bed.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Init, MakesTheDirectoryAndSaysWhere) {
  CliBed bed;
  json made = bed.json({"init", "new/data"});
  EXPECT_EQ(made["path"], bed.path("new/data"));
  EXPECT_EQ(made["created_directory"], true);
  EXPECT_EQ(made["attributes"], "times");
  EXPECT_EQ(made["chunking"], "default");
  EXPECT_TRUE(exists(bed.path("new/data/.cowstore")));
}

TEST(Init, TakesTheCurrentDirectory) {
  CliBed bed;
  EXPECT_THAT(bed.done({"init"}).out, StartsWith("Initialized empty repository in " + bed.path()));
  EXPECT_EQ(bed.json({"status"})["branch"], "main");
}

TEST(Init, HandsItsChoicesOn) {
  CliBed bed;
  bed.done({"init", "--attrs", "none", "--chunking", "fine"});
  bed.write("x", "1");
  bed.done({"commit", "-m", "1"});
  json commit = bed.json({"show"});
  EXPECT_EQ(commit["chunking"], "fine");
  EXPECT_EQ(commit["attributes"], nullptr);
}

TEST(Init, OfARepositoryIsAConflict) {
  CliBed bed;
  bed.done({"init"});
  EXPECT_EQ(bed.run({"init"}).status, 4);
}

TEST(StatusCommand, ComparesWithTheCommit) {
  CliBed bed;
  bed.init_with({{"kept", "1"}, {"changed", "1"}, {"gone", "1"}});
  bed.write("changed", "22");
  bed.write("d/new", "1");
  make_dirs(bed.path("empty"));
  remove_path(bed.path("gone"));
  json status = bed.json({"status"});
  EXPECT_EQ(status["clean"], false);
  EXPECT_EQ(status["added"], (json{"d/new", "empty"}));
  EXPECT_EQ(status["modified"], json{"changed"});
  EXPECT_EQ(status["deleted"], json{"gone"});
  EXPECT_EQ(status["commit"], bed.json({"show"})["commit"]);
  EXPECT_THAT(bed.done({"status"}).out, StartsWith("On branch main\nA  d/new\nA  empty\nM  changed\nD  gone\n"));
}

TEST(StatusCommand, BeforeTheFirstCommitThereIsNoId) {
  CliBed bed;
  bed.done({"init"});
  json status = bed.json({"status"});
  EXPECT_EQ(status["commit"], nullptr);
  EXPECT_EQ(status["branch"], "main");
  EXPECT_EQ(status["clean"], true);
}

TEST(StatusCommand, AChangedTimeShowsOnlyInDetail) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  set_mtime(bed.path("x"), {1'600'000'000, 1});
  EXPECT_EQ(bed.json({"status"})["touched"], json::array());
  json verbose = bed.json({"status", "-v"});
  EXPECT_EQ(verbose["touched"], json{"x"});
  EXPECT_EQ(verbose["clean"], true);
}

TEST(CommitCommand, ReportsWhatItRecorded) {
  CliBed bed;
  bed.done({"init"});
  bed.write("a", "1");
  bed.write("b", "1");
  json report = bed.json({"commit", "-m", "first"});
  EXPECT_EQ(report["created"], true);
  EXPECT_EQ(report["branch"], "main");
  EXPECT_EQ(report["stats"]["added"], 2);
  json shown = bed.json({"show"});
  EXPECT_EQ(shown["commit"], report["commit"]);
  EXPECT_EQ(shown["tree"], report["tree"]);
}

TEST(CommitCommand, SaysItInGitsWay) {
  CliBed bed;
  bed.done({"init"});
  bed.write("a", "1");
  std::string out = bed.done({"commit", "-m", "first\n\nmore"}).out;
  std::string id = bed.json({"show"})["commit"];
  EXPECT_THAT(out, StartsWith("[main " + id.substr(0, 7) + "] first\n 1 added, 0 modified, 0 deleted\n"));
}

TEST(CommitCommand, OfNothingIsDone) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  json again = bed.json({"commit", "-m", "again"});
  EXPECT_EQ(again["created"], false);
  EXPECT_EQ(again["commit"], bed.json({"show"})["commit"]);
  EXPECT_EQ(bed.done({"commit", "-m", "again"}).out, "Nothing to commit, working copy clean.\n");
}

TEST(CommitCommand, StoresWhatStatusAndDiffHaveReadBefore) {
  CliBed bed;
  bed.init_with({{"small", "1"}, {"large", std::string(300'000, '1')}});
  bed.write("small", "22");
  bed.write("large", std::string(300'000, '2'));
  bed.let_clock_tick();
  bed.done({"status"});
  bed.done({"diff", "--name-status"});
  bed.done({"commit", "-m", "second"});
  EXPECT_EQ(bed.done({"cat", "@:small"}).out, "22");
  EXPECT_EQ(bed.done({"cat", "@:large"}).out, std::string(300'000, '2'));
  bed.done({"fsck"});
}

TEST(CommitCommand, JoinsMessagesAndKeepsFacts) {
  CliBed bed;
  bed.done({"init"});
  bed.write("a", "1");
  bed.done({"commit", "-m", "one", "-m", "two", "--meta", "lr=0.1", "--meta", "eq=a=b"});
  json commit = bed.json({"log"})["commits"][0];
  EXPECT_EQ(commit["message"], "one\n\ntwo");
  EXPECT_EQ(commit["meta"], (json{{"lr", "0.1"}, {"eq", "a=b"}}));
}

TEST(CommitCommand, TakesOnlyTheNamedPaths) {
  CliBed bed;
  bed.init_with({{"a", "1"}, {"d/b", "1"}});
  bed.write("a", "22");
  bed.write("d/b", "22");
  bed.done({"commit", "-m", "part", "d"});
  EXPECT_EQ(bed.json({"status"})["modified"], json{"a"});
  bed.done({"commit", "-m", "rest", "."});
  EXPECT_EQ(bed.json({"status"})["clean"], true);
}

TEST(CommitCommand, TimesAloneCountWhenAsked) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  set_mtime(bed.path("x"), {1'600'000'000, 1});
  EXPECT_EQ(bed.json({"commit", "-m", "t"})["created"], false);
  EXPECT_EQ(bed.json({"commit", "-m", "t", "--times"})["created"], true);
}

TEST(LogCommand, ListsNewestFirst) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "22");
  bed.done({"commit", "-m", "second"});
  json commits = bed.json({"log"})["commits"];
  ASSERT_EQ(commits.size(), 2U);
  EXPECT_EQ(commits[0]["message"], "second");
  EXPECT_EQ(commits[0]["parents"], json{commits[1]["commit"]});
  EXPECT_EQ(commits[0]["author"], "Ada <ada@example.org>");
  EXPECT_THAT(commits[0]["time"].get<std::string>(), testing::MatchesRegex("2023-11-14T23:.*\\.000000042\\+01:00"));
  EXPECT_EQ(bed.json({"log", "-n", "1"})["commits"].size(), 1U);
  EXPECT_EQ(bed.json({"log", "@~1"})["commits"].size(), 1U);
}

TEST(LogCommand, OneLineHasIdNamesAndSubject) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.done({"tag", "v1"});
  std::string id = bed.json({"show"})["commit"];
  EXPECT_EQ(bed.done({"log", "--oneline"}).out, id.substr(0, 7) + " (@ -> main, tag: v1) first\n");
}

TEST(ShowCommand, TellsWhatACommitChanged) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "22");
  bed.done({"commit", "-m", "second"});
  json changes = bed.json({"show"})["changes"];
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0]["path"], "x");
  EXPECT_EQ(changes[0]["change"], "modified");
  EXPECT_EQ(changes[0]["before"]["size"], 1);
  EXPECT_EQ(changes[0]["after"]["size"], 2);
  EXPECT_THAT(bed.done({"show"}).out, HasSubstr(" M x | 1 byte -> 2 bytes\n"));
}

TEST(DiffCommand, PrintsAPatchOfTheWorkingCopy) {
  CliBed bed;
  bed.init_with({{"x", "one\n"}});
  bed.write("x", "two\n");
  EXPECT_EQ(bed.done({"diff"}).out, "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+two\n");
}

TEST(DiffCommand, ComparesVersions) {
  CliBed bed;
  bed.init_with({{"x", "one\n"}});
  bed.write("x", "two\n");
  bed.write("y", "new\n");
  bed.done({"commit", "-m", "second"});
  EXPECT_EQ(bed.done({"diff"}).out, "");
  EXPECT_EQ(bed.done({"diff", "@~1", "@", "--name-status"}).out, "M\tx\nA\ty\n");
  EXPECT_EQ(bed.done({"diff", "@", "@~1", "--name-status"}).out, "M\tx\nD\ty\n");
  EXPECT_EQ(bed.done({"diff", "@~1", "--name-status"}).out, "M\tx\nA\ty\n");
  EXPECT_EQ(bed.done({"diff", "@~1", "@", "--stat"}).out,
            " M x | 4 bytes, same size\n A y | 4 bytes\n"
            " 2 paths changed: 1 added, 1 modified, 0 deleted; 4 bytes -> 8 bytes\n");
  EXPECT_THAT(bed.done({"diff", "@~1", "@"}).out, HasSubstr("new file mode 100644\n--- /dev/null\n+++ b/y\n"));
}

TEST(LsCommand, ListsFlatAndDeep) {
  CliBed bed;
  bed.init_with({{"d/x", "1"}, {"y", "22"}});
  EXPECT_EQ(bed.done({"ls"}).out, "d/\ny\n");
  EXPECT_EQ(bed.done({"ls", "-r"}).out, "d/\nd/x\ny\n");
  EXPECT_EQ(bed.done({"ls", "@:d"}).out, "d/x\n");
  json entries = bed.json({"ls", "-r"})["entries"];
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1]["kind"], "file");
  EXPECT_EQ(entries[1]["id"], "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b") << "sha256 of \"1\"";
  EXPECT_EQ(entries[1]["mode"], "0644");
}

TEST(CatCommand, WritesTheBytesAsTheyAre) {
  CliBed bed;
  const std::string binary("a\0\xff\n", 4);
  bed.init_with({{"d/x", binary}});
  bed.write("d/x", "edited");
  EXPECT_EQ(bed.done({"cat", "@:d/x"}).out, binary);
  json object = bed.json({"cat", "@:d/x"});
  EXPECT_EQ(object["size"], 4);
  EXPECT_EQ(object["content_base64"], "YQD/Cg==");
  EXPECT_EQ(bed.run({"cat", "@:nothing"}).status, 3);
}

TEST(CheckoutCommand, SwitchesInPlace) {
  CliBed bed;
  bed.init_with({{"x", "old"}});
  bed.done({"tag", "v1"});
  bed.write("x", "newer");
  bed.done({"commit", "-m", "second"});
  json report = bed.json({"checkout", "v1"});
  EXPECT_EQ(read_file(bed.path("x")), "old");
  EXPECT_EQ(report["branch"], nullptr);
  EXPECT_EQ(report["path"], bed.path());
  EXPECT_EQ(report["replaced"], 1);
  EXPECT_THAT(bed.done({"status"}).out, StartsWith("HEAD detached at "));
  EXPECT_EQ(bed.json({"checkout", "main"})["branch"], "main");
  EXPECT_EQ(read_file(bed.path("x")), "newer");
}

TEST(CheckoutCommand, MakesAWorkingCopyAndSaysHow) {
  CliBed bed;
  bed.init_with({{"x", "1"}, {"d/y", "2"}});
  json report = bed.json({"checkout", "@", "../other"});
  EXPECT_EQ(report["dry_run"], false);
  EXPECT_EQ(report["copied"].get<int>() + report["cloned"].get<int>(), 2);
  EXPECT_EQ(tree_text(bed.path("../other")), tree_text(bed.path()));
  std::string text = bed.done({"checkout", "@", "../third"}).out;
  EXPECT_THAT(text, HasSubstr("third is a working copy of @ ("));
  EXPECT_THAT(text, HasSubstr("cloned "));
  EXPECT_EQ(bed.json({"-C", "../third", "status"})["clean"], true);
}

TEST(CheckoutCommand, InTheWayOfWorkIsAConflictThatNamesIt) {
  CliBed bed;
  bed.init_with({{"x", "old"}});
  bed.write("x", "newer");
  bed.done({"commit", "-m", "second"});
  bed.write("x", "uncommitted");
  Ran refused = bed.run({"checkout", "@~1"});
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, HasSubstr("x"));
  EXPECT_THAT(refused.err, HasSubstr("\nhint: "));
  EXPECT_EQ(read_file(bed.path("x")), "uncommitted");
  bed.done({"checkout", "@~1", "--force"});
  EXPECT_EQ(read_file(bed.path("x")), "old");
  bed.done({"undo"});
  EXPECT_EQ(read_file(bed.path("x")), "uncommitted");
}

TEST(CheckoutCommand, ADryRunListsAndChangesNothing) {
  CliBed bed;
  bed.init_with({{"x", "old"}});
  bed.write("x", "newer");
  bed.done({"commit", "-m", "second"});
  json report = bed.json({"checkout", "@~1", "--dry-run"});
  EXPECT_EQ(report["dry_run"], true);
  EXPECT_EQ(report["changes"].size(), 1U);
  EXPECT_EQ(read_file(bed.path("x")), "newer");
  EXPECT_THAT(bed.done({"checkout", "@~1", "--dry-run"}).out, StartsWith("would "));
  bed.done({"checkout", "@", "../other", "--dry-run"});
  EXPECT_FALSE(exists(bed.path("../other")));
}

TEST(CheckoutCommand, MakesABranchAndFollowsItInOneOperation) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "edit");
  EXPECT_EQ(bed.json({"checkout", "-b", "work"})["branch"], "work");
  EXPECT_EQ(bed.json({"status"})["branch"], "work");
  EXPECT_EQ(read_file(bed.path("x")), "edit") << "edits are carried along";
  EXPECT_EQ(bed.run({"checkout", "-b", "work"}).status, 4);
  bed.done({"undo"});
  EXPECT_EQ(bed.json({"status"})["branch"], "main");
  EXPECT_EQ(bed.json({"branch"})["branches"].size(), 1U);
}

TEST(RestoreCommand, BringsBackFilesAndUndoTheEdits) {
  CliBed bed;
  bed.init_with({{"x", "old"}, {"d/y", "old"}});
  bed.write("x", "edit");
  bed.write("d/y", "edit");
  json report = bed.json({"restore", "x"});
  EXPECT_EQ(report["replaced"], 1);
  EXPECT_EQ(read_file(bed.path("x")), "old");
  EXPECT_EQ(read_file(bed.path("d/y")), "edit");
  bed.done({"restore", "."});
  EXPECT_EQ(read_file(bed.path("d/y")), "old");
  bed.done({"undo"});
  EXPECT_EQ(read_file(bed.path("d/y")), "edit");
  EXPECT_EQ(bed.done({"restore", "x"}).out, "Nothing to restore.\n");
}

TEST(RestoreCommand, TakesAnotherVersion) {
  CliBed bed;
  bed.init_with({{"x", "old"}});
  bed.write("x", "newer");
  bed.done({"commit", "-m", "second"});
  bed.done({"restore", "--source", "@~1", "x"});
  EXPECT_EQ(read_file(bed.path("x")), "old");
  EXPECT_EQ(bed.json({"status"})["modified"], json{"x"});
}

TEST(BranchCommand, ListsMakesMovesAndDeletes) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "2");
  bed.done({"commit", "-m", "second"});
  EXPECT_EQ(bed.json({"branch", "b", "@~1"})["action"], "created");
  EXPECT_EQ(bed.done({"branch"}).out, "  b\n* main\n");
  EXPECT_EQ(bed.run({"branch", "b"}).status, 4);
  bed.done({"branch", "-f", "b"});
  json branches = bed.json({"branch"})["branches"];
  ASSERT_EQ(branches.size(), 2U);
  EXPECT_EQ(branches[0]["commit"], branches[1]["commit"]);
  EXPECT_EQ(branches[1]["current"], true);
  EXPECT_EQ(bed.json({"branch", "-d", "b"})["action"], "deleted");
  EXPECT_EQ(bed.run({"branch", "-d", "b"}).status, 3);
}

TEST(BranchCommand, NamesADetachedHead) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  std::string id = bed.json({"show"})["commit"];
  bed.done({"checkout", id});
  EXPECT_EQ(bed.done({"branch"}).out, "* (HEAD detached at " + id.substr(0, 7) + ")\n  main\n");
}

TEST(BranchCommand, WorkThatIsNowhereElseIsNotDeletedUnasked) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.done({"checkout", "-b", "work"});
  bed.write("x", "22");
  bed.done({"commit", "-m", "work"});
  bed.done({"checkout", "main"});
  EXPECT_EQ(bed.run({"branch", "-d", "work"}).status, 4);
  bed.done({"branch", "-D", "work"});
}

TEST(TagCommand, ListsMakesMovesAndDeletes) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "22");
  bed.done({"commit", "-m", "second"});
  bed.done({"tag", "v1", "@~1"});
  EXPECT_EQ(bed.json({"show", "v1"})["message"], "first");
  EXPECT_EQ(bed.run({"tag", "v1"}).status, 4);
  bed.done({"tag", "-f", "v1"});
  EXPECT_EQ(bed.json({"show", "v1"})["message"], "second");
  EXPECT_EQ(bed.done({"tag"}).out, "v1\n");
  bed.done({"tag", "-d", "v1"});
  EXPECT_EQ(bed.run({"show", "v1"}).status, 3);
}

TEST(UndoCommand, OfACommitLeavesTheFiles) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "22");
  json commit = bed.json({"commit", "-m", "second"});
  json undone = bed.json({"undo"});
  EXPECT_EQ(undone["undone"]["command"], "cowstore --json commit -m second");
  EXPECT_NE(bed.json({"show"})["commit"], commit["commit"]);
  EXPECT_EQ(read_file(bed.path("x")), "22");
  EXPECT_EQ(bed.json({"status"})["modified"], json{"x"});
}

TEST(OpCommand, ListsAndGoesBack) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.done({"tag", "v1"});
  bed.done({"tag", "v2"});
  json operations = bed.json({"op", "log"})["operations"];
  ASSERT_GE(operations.size(), 3U);
  EXPECT_EQ(operations[0]["command"], "cowstore tag v2");
  EXPECT_EQ(operations[0]["user"], "ada@example");
  EXPECT_EQ(operations[0]["changes"][0]["name"], "tags/v2");
  EXPECT_EQ(bed.json({"op", "log", "-n", "1"})["operations"].size(), 1U);
  bed.done({"op", "restore", operations[1]["operation"].get<std::string>()});
  EXPECT_EQ(bed.done({"tag"}).out, "v1\n");
  bed.done({"undo"});
  EXPECT_EQ(bed.done({"tag"}).out, "v1\nv2\n");
}

TEST(FsckCommand, OfAHealthyRepositoryFindsNothing) {
  CliBed bed;
  bed.init_with({{"x", std::string(100000, 'x')}});
  json report = bed.json({"fsck"});
  EXPECT_EQ(report["ok"], true);
  EXPECT_EQ(report["faults"], json::array());
  EXPECT_EQ(report["commits"], 1);
  EXPECT_THAT(bed.done({"fsck"}).out, HasSubstr("No faults found.\n"));
}

/// A pack of that repository, damaged in the middle.
void damage_a_pack(const CliBed& bed) {
  for (const TreeEntry& entry : list_tree(bed.path(".cowstore/store/packs"))) {
    std::string path = bed.path(".cowstore/store/packs/" + entry.path);
    if (!entry.path.ends_with(".pack")) continue;
    set_mode(path, 0644);
    std::string bytes = read_file(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    overwrite_file(path, bytes, 0);
  }
}

TEST(FsckCommand, FaultsExitWithFiveAndTheReport) {
  CliBed bed;
  bed.init_with({{"x", "some content"}});
  damage_a_pack(bed);
  Ran ran = bed.run({"fsck", "--json"});
  EXPECT_EQ(ran.status, 5);
  json report = ran.json();
  EXPECT_EQ(report["ok"], false);
  ASSERT_GE(report["faults"].size(), 1U);
  EXPECT_THAT(report["faults"][0]["container"].get<std::string>(), HasSubstr(".pack"));
  Ran text = bed.run({"fsck", "-q"});
  EXPECT_EQ(text.status, 5);
  EXPECT_THAT(text.out, HasSubstr("fault: "));
}

TEST(VersionCommand, IsTheSameInAllItsForms) {
  CliBed bed;
  std::string version = bed.json({"version"})["version"];
  EXPECT_EQ(bed.done({"version"}).out, "cowstore " + version + "\n");
  EXPECT_EQ(bed.done({"--version"}).out, "cowstore " + version + "\n");
  EXPECT_EQ(bed.json({"--version"})["version"], version);
}

TEST(Revisions, ThatNameNothingAreNotFound) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{"show", "nothing"},
                                                                                    {"log", "@~7"},
                                                                                    {"checkout", "nothing"},
                                                                                    {"ls", "@:nothing"},
                                                                                    {"diff", "nothing"},
                                                                                    {"tag", "t", "nothing"},
                                                                                    {"op", "restore", "ffffffff"}}) {
    Ran ran = bed.run(args);
    EXPECT_EQ(ran.status, 3) << testing::PrintToString(args) << ran.err;
    EXPECT_THAT(ran.err, StartsWith("cowstore: "));
  }
}

TEST(Arguments, ThatLookLikeVerbsAreArguments) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.done({"tag", "log"});
  bed.done({"branch", "status"});
  EXPECT_EQ(bed.done({"tag"}).out, "log\n");
  EXPECT_EQ(bed.done({"branch"}).out, "* main\n  status\n");
}

TEST(RunCommand, PassesTheStatusOfItsCommandOn) {
  CliBed bed;
  bed.init_with({{"text", "one"}});
  bed.write("text", "edited");
  EXPECT_EQ(bed.run({"run", "--at", "@", "--", "sh", "-c", "test $(cat text) = one && exit 42"}).status, 42);
  Ran missing = bed.run({"run", "--at", "@", "--", "no-such-program-anywhere"});
  EXPECT_EQ(missing.status, 127);
  EXPECT_THAT(missing.err, HasSubstr("no-such-program-anywhere"));
  EXPECT_EQ(bed.run({"run", "--at", "@", "--", "sh", "-c", "kill -TERM $$"}).status, 128 + 15);
}

TEST(RunCommand, HandsEverythingBehindTheDashesOn) {
  CliBed bed;
  bed.init_with({{"text", "one"}});
  EXPECT_EQ(bed.run({"run", "--at", "@", "--", "sh", "-c", "test \"$*\" = '-- -v --at ++ --'", "sh", "--", "-v", "--at",
                     "++", "--"})
                .status,
            0);
}

TEST(RunCommand, PrintsOneObjectWhateverTheCommandPrints) {
  CliBed bed;
  bed.init_with({{"text", "one"}});
  json ran =
      bed.json({"run", "--at", "main", "--commit", "-m", "by it", "--", "sh", "-c", "echo noise >&2; echo > new"});
  EXPECT_EQ(ran["status"], 0);
  EXPECT_EQ(ran["signal"], nullptr);
  EXPECT_EQ(ran["path"], nullptr);
  EXPECT_EQ(ran["branch"], "main");
  EXPECT_EQ(bed.json({"show", "main"})["commit"], ran["commit"]);
  Ran signalled = bed.run({"--json", "run", "--at", "@", "--", "sh", "-c", "kill -KILL $$"});
  EXPECT_EQ(signalled.json()["signal"], 9);
}

TEST(RunCommand, SaysWhatItKeptAndCommitted) {
  CliBed bed;
  bed.init_with({{"text", "one"}});
  Ran ran =
      bed.done({"run", "--at", "main", "--keep", "../kept", "--commit", "-m", "m", "--", "sh", "-c", "echo > new"});
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("kept " + bed.path("../kept").substr(0, bed.path().size() - 2)));
  EXPECT_THAT(ran.err, HasSubstr(" on main"));
  Ran failed = bed.run({"run", "--at", "main", "--commit", "-m", "m", "--", "false"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, HasSubstr("nothing committed"));
}

TEST(RunCommand, RefusesWhatMakesNoSense) {
  CliBed bed;
  bed.init_with({{"text", "one"}});
  EXPECT_THAT(bed.run({"run", "--", "true"}).err, HasSubstr("--at"));
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"run", "--", "true"},
                                             {"run", "--at", "@"},
                                             {"run", "--at", "@", "-m", "x", "--", "true"},
                                             {"run", "--at", "@", "--commit", "--", "true"},
                                             {"run", "--at", "@", "--method", "copy", "--require-cow", "--", "true"}})
    EXPECT_EQ(bed.run(args).status, 2) << testing::PrintToString(args);
  EXPECT_EQ(bed.run({"run", "--at", "nothing", "--", "true"}).status, 3);
}

}  // namespace
}  // namespace cowstore::test
