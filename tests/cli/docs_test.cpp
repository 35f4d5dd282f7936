// docs/cli.md says what the program does: fields, options, verbs, in both directions.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command_line.hpp"
#include "cli/json.hpp"
#include "cli/verbs.hpp"
#include "cli_bed.hpp"
#include "doc_tables.hpp"

namespace cowstore::test {
namespace {

/// Runs with --json, whatever the exit status, and holds the object against the page.
nlohmann::json checked(CliBed& bed, DocTables& docs, const std::string& table, std::vector<std::string> args) {
  args.insert(args.begin(), "--json");
  Ran ran = bed.run(args);
  nlohmann::json object = ran.json();
  auto wrong = docs.check(table, object);
  EXPECT_TRUE(wrong.empty()) << testing::PrintToString(args) << testing::PrintToString(wrong) << ran.out;
  return object;
}

/// What no healthy repository prints.
void check_rare_objects(DocTables& docs) {
  FsckReport report;
  report.faults.push_back({"ab", "packs/1.pack", 7, "3f:\xff", "bad"});
  report.notes.push_back("note");
  EXPECT_EQ(docs.check("fsck", nlohmann::json::parse(cli::json_of(report))), std::vector<std::string>());
  CheckoutReport checkout;
  checkout.unrestored.push_back({"\xff", {"owner 0:0"}});
  checkout.source.emplace().path = "\xff";
  CloneReport clone;
  clone.path = clone.source = "\xff";
  clone.subvolumes = {"\xff"};
  clone.unrestored = checkout.unrestored;
  EXPECT_EQ(docs.check("clone", nlohmann::json::parse(cli::json_of(clone))), std::vector<std::string>());
  for (const char* table : {"checkout", "restore"}) {
    auto printed = nlohmann::json::parse(cli::json_of(checkout, Execution::kReally));
    EXPECT_EQ(docs.check(table, printed), std::vector<std::string>()) << table;
  }
}

/// What only root can make, and only with full attributes.
void check_full_attributes(DocTables& docs) {
  EntryInfo device;
  device.path = "null";
  device.kind = EntryKind::kCharDevice;
  device.owner = FileOwner{0, 5};
  device.xattrs = {"user.a"};
  device.link_group = 7;
  device.device_major = 1;
  device.device_minor = 3;
  cli::JsonList entries;
  entries.add(cli::json_of(device));
  auto printed = nlohmann::json::parse(cli::json_of_list("entries", entries));
  EXPECT_EQ(docs.check("ls", printed), std::vector<std::string>());
}

/// In a repository of its own, in a directory whose name isn't UTF-8.
void check_worktrees(CliBed& bed, DocTables& docs) {
  checked(bed, docs, "checkout", {"checkout", "@", "../beside"});
  checked(bed, docs, "worktree list", {"worktree", "list"});
  checked(bed, docs, "worktree move", {"worktree", "move", "../beside", "../\xfe"});
  checked(bed, docs, "du", {"du"});
  checked(bed, docs, "worktree remove", {"worktree", "remove", "../\xfe"});
  checked(bed, docs, "undo", {"undo"});
  checked(bed, docs, "worktree move", {"worktree", "move", "../\xfe", "../beside"});
  remove_path(bed.path("beside"));
  make_dirs(bed.path(".x.cowstore-partial"));
  checked(bed, docs, "worktree repair", {"worktree", "repair"});
  checked(bed, docs, "worktree prune", {"worktree", "prune"});
  DiskUse use;
  use.left_out = {"\xff"};
  use.sharing.push_back({{"\xff"}, true, 1});
  EXPECT_EQ(docs.check("du", nlohmann::json::parse(cli::json_of(use))), std::vector<std::string>());
  WorktreeMoveReport move;
  move.also = move.unrepaired = {"\xff"};
  EXPECT_EQ(docs.check("worktree move", nlohmann::json::parse(cli::json_of(move))), std::vector<std::string>());
  WorktreePruneReport prune;
  prune.restored.push_back({"\xff", "why"});
  auto printed = nlohmann::json::parse(cli::json_of(prune, WorktreePruneOptions::Run::kReally));
  EXPECT_EQ(docs.check("worktree prune", printed), std::vector<std::string>());
}

/// What only root can do.
void check_mounts(DocTables& docs) {
  WorktreeMountReport report;
  report.path = "\xff";
  for (const char* key : {"mounted", "unmounted"}) {
    cli::JsonList list;
    list.add(cli::json_of(report));
    auto printed = nlohmann::json::parse(cli::json_of_list(key, list));
    const std::string table = key == std::string("mounted") ? "worktree mount" : "worktree unmount";
    EXPECT_EQ(docs.check(table, printed), std::vector<std::string>());
  }
}

TEST(Docs, DescribeTheOutputOfEveryCommandToTheLastField) {
  DocTables docs;
  CliBed bed;
  const std::string odd = "\xff";  // a legal name that JSON can't hold
  checked(bed, docs, "init", {"init", odd});
  bed.directory = odd;
  check_full_attributes(docs);
  checked(bed, docs, "status", {"status"});
  checked(bed, docs, "commit", {"commit", "-m", "nothing there"});
  bed.write(odd + "/plain", "1\n");
  bed.write(odd + "/" + odd, odd);
  make_symlink(odd, bed.path(odd) + "/link");
  make_dirs(bed.path(odd) + "/empty");
  checked(bed, docs, "status", {"status"});
  checked(bed, docs, "diff", {"diff"});
  checked(bed, docs, "commit", {"commit", "-m", "first", "--meta", "lr=0.1"});
  checked(bed, docs, "show", {"show"});
  checked(bed, docs, "ls", {"ls", "-r"});
  checked(bed, docs, "cat", {"cat", "@:" + odd});
  checked(bed, docs, "cat", {"cat", "@:plain"});
  checked(bed, docs, "branch NAME", {"branch", "b"});
  checked(bed, docs, "branch", {"branch"});
  checked(bed, docs, "tag NAME", {"tag", "t"});
  checked(bed, docs, "tag", {"tag"});
  bed.write(odd + "/" + odd, "changed");
  checked(bed, docs, "restore", {"restore", "--dry-run", odd});
  checked(bed, docs, "restore", {"restore", odd});
  checked(bed, docs, "undo", {"undo"});
  ASSERT_EQ(::mkfifo((bed.path(odd) + "/pipe" + odd).c_str(), 0600), 0);
  checked(bed, docs, "commit", {"commit", "-m", "second"});
  checked(bed, docs, "checkout", {"checkout", "@~1", "--dry-run"});
  checked(bed, docs, "checkout", {"checkout", "b"});
  checked(bed, docs, "log", {"log", "main"});
  checked(bed, docs, "op log", {"op", "log"});
  checked(bed, docs, "op restore", {"op", "restore", "@~1"});  // back on main
  checked(bed, docs, "clone", {"clone", "--detach", "../clone" + odd});
  checked(bed, docs, "branch NAME", {"branch", "-D", "b"});
  check_worktrees(bed, docs);
  checked(bed, docs, "tag NAME", {"tag", "-d", "t"});
  checked(bed, docs, "run", {"run", "--at", "@", "--keep", "../kept" + odd, "--", "true"});
  checked(bed, docs, "fsck", {"fsck"});
  checked(bed, docs, "version", {"version"});
  checked(bed, docs, "help", {"commit", "--help"});
  checked(bed, docs, "error", {"-C", "nowhere" + odd, "status"});
  check_rare_objects(docs);
  check_mounts(docs);
  EXPECT_EQ(docs.unseen(), std::vector<std::string>()) << "documented, but never printed";
}

TEST(Docs, HaveASectionForEveryVerbThatNamesItsOptions) {
  DocTables docs;
  for (const auto& group : cli::verb_groups()) {
    for (const auto& verb : group.verbs) {
      std::string section = docs.section(std::string(verb.info.name));
      ASSERT_NE(section, "") << verb.info.name;
      for (std::string_view usage : verb.info.usage) {
        EXPECT_NE(section.find("\n" + std::string(usage) + "\n"), std::string::npos) << usage;
      }
      cli::Parser parser;
      verb.declare(parser);
      for (const cli::HelpItem& item : parser.option_help()) {
        std::istringstream words(item.left);
        for (std::string word; words >> word && word.starts_with('-');) {
          std::string name = word.substr(0, word.find(','));
          EXPECT_NE(section.find("`" + name + "`"), std::string::npos) << verb.info.name << " " << name;
        }
      }
    }
  }
}

TEST(Docs, NameTheOptionsOfEveryCommand) {
  DocTables docs;
  cli::Parser parser;
  cli::Globals globals;
  cli::declare_front_options(parser, globals);
  std::string section = docs.section("Everywhere");
  for (const cli::HelpItem& item : parser.option_help()) {
    std::istringstream words(item.left);
    std::string first;
    words >> first;
    EXPECT_NE(section.find("`" + first.substr(0, first.find(','))), std::string::npos) << first;
  }
}

}  // namespace
}  // namespace cowstore::test
