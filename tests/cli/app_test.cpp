// What holds for every command: where it works, how it fails, what it prints where.
#include "cli/app.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/exit_status.hpp"
#include "cli_bed.hpp"

namespace cowstore::test {
namespace {

TEST(App, EveryErrorCodeHasItsExitStatus) {
  auto status = [](ErrorCode code) { return static_cast<int>(cli::exit_status(code)); };
  EXPECT_EQ(status(ErrorCode::kOther), 1);
  EXPECT_EQ(status(ErrorCode::kUsage), 2);
  EXPECT_EQ(status(ErrorCode::kNotFound), 3);
  EXPECT_EQ(status(ErrorCode::kConflict), 4);
  EXPECT_EQ(status(ErrorCode::kCorrupt), 5);
  EXPECT_EQ(status(ErrorCode::kIo), 6);
  EXPECT_EQ(status(ErrorCode::kNoSpace), 6);
  EXPECT_EQ(status(ErrorCode::kBusy), 7);
  EXPECT_EQ(status(ErrorCode::kUnsupported), 8);
}

/// Commands that make no sense, each for a reason of its own.
const std::vector<std::vector<std::string>> kUsageErrors = {
    {"bogus"},
    {"--bogus"},
    {"status", "--bogus"},
    {"status", "extra"},
    {"op"},
    {"op", "bogus"},
    {"commit"},
    {"commit", "-m"},
    {"commit", "-m", " \n"},
    {"commit", "-m", "x", "--meta", "no-equals"},
    {"commit", "-m", "x", "--meta", "=v"},
    {"commit", "-m", "x", "--meta", "a=1", "--meta", "a=2"},
    {"checkout"},
    {"checkout", "a", "b", "c"},
    {"checkout", "-b", "x", "@", "dir"},
    {"checkout", "@", "dir", "--method", "magic"},
    {"checkout", "@", "dir", "--method", "copy", "--require-cow"},
    {"clone"},
    {"clone", "a", "b", "c"},
    {"clone", "../new", "--method", "magic"},
    {"clone", "../new", "--method", "copy", "--require-cow"},
    {"clone", "../new", "-b", "x", "--detach"},
    {"init", "--attrs", "some"},
    {"init", "--chunking", "some"},
    {"restore"},
    {"cat"},
    {"cat", "no-colon"},
    {"diff", "--stat", "--name-status"},
    {"diff", "-z"},
    {"log", "-n", "many"},
    {"branch", "-d"},
    {"branch", "-d", "x", "@"},
    {"tag", "-d"},
    {"op", "restore"},
};

TEST(App, UsageErrorsExitWithTwoAndSayHowItIsDone) {
  for (const auto& args : kUsageErrors) {
    CliBed bed;
    Ran ran = bed.run(args);
    EXPECT_EQ(ran.status, 2) << testing::PrintToString(args);
    EXPECT_EQ(ran.out, "") << testing::PrintToString(args);
    EXPECT_TRUE(ran.err.starts_with("cowstore: ")) << ran.err;
    EXPECT_NE(ran.err.find("\nhint: "), std::string::npos) << testing::PrintToString(args) << ran.err;
  }
}

TEST(App, UsageErrorsAreObjectsUnderJson) {
  for (auto args : kUsageErrors) {
    args.insert(args.begin(), "--json");
    CliBed bed;
    Ran ran = bed.run(args);
    EXPECT_EQ(ran.status, 2) << testing::PrintToString(args);
    EXPECT_EQ(ran.err, "") << testing::PrintToString(args);
    EXPECT_EQ(ran.json()["error"]["code"], "usage") << ran.out;
  }
}

TEST(App, CommitWithoutAMessageSaysSo) {
  CliBed bed;
  EXPECT_EQ(bed.run({"commit"}).err, "cowstore: a commit needs a message\nhint: cowstore commit -m MESSAGE\n");
}

TEST(App, JsonWithoutACommandIsAnErrorObject) {
  CliBed bed;
  Ran ran = bed.run({"--json"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.json()["error"]["code"], "usage");
}

TEST(App, OutsideOfARepositoryNothingIsFound) {
  for (const std::string verb : {"status", "log", "branch", "tag", "undo", "fsck", "diff", "show", "ls"}) {
    CliBed bed;
    Ran ran = bed.run({verb});
    EXPECT_EQ(ran.status, 3) << verb << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(ran.err.starts_with("cowstore: ")) << ran.err;
    Ran json = bed.run({verb, "--json"});
    EXPECT_EQ(json.status, 3);
    EXPECT_EQ(json.json()["error"]["code"], "not_found");
  }
}

TEST(App, WorksWhereDashCLeads) {
  CliBed bed;
  bed.done({"init", "a"});
  bed.done({"init", "a/b"});
  bed.write("a/b/new", "x");
  EXPECT_EQ(bed.json({"-C", "a/b", "status"})["added"], nlohmann::json{"new"});
  EXPECT_EQ(bed.json({"-C", "a", "-C", "b", "status"})["added"], nlohmann::json{"new"});
  EXPECT_EQ(bed.json({"-C", "a", "status", "-C", "b"})["added"], nlohmann::json{"new"});
  EXPECT_EQ(bed.json({"-C", bed.path("a/b"), "status"})["added"], nlohmann::json{"new"});
}

TEST(App, DashCToNowhereIsNotFound) {
  CliBed bed;
  Ran ran = bed.run({"--json", "-C", "nowhere", "status"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.json()["error"]["path"], bed.path("nowhere"));
}

TEST(App, PathsAreRelativeToTheDirectoryAndTheOutputToTheWorkingCopy) {
  CliBed bed;
  bed.init_with({{"d/x", "1"}, {"d/y", "1"}});
  bed.write("d/x", "22");
  bed.write("d/y", "22");
  bed.directory = "d";
  EXPECT_EQ(bed.json({"status"})["modified"], (nlohmann::json{"d/x", "d/y"}));
  bed.done({"restore", "x"});
  EXPECT_EQ(bed.json({"status"})["modified"], nlohmann::json{"d/y"});
  Ran outside = bed.run({"restore", "../../elsewhere"});
  EXPECT_EQ(outside.status, 2) << outside.err;
}

TEST(App, CloneTakesTheWorkingCopyAroundOrTheOneThatIsNamed) {
  CliBed bed;
  bed.init_with({{"d/x", "1"}, {"y", "2"}});
  bed.write("y", "edited");
  bed.directory = "d";
  Ran around = bed.done({"clone", "../../one"});
  EXPECT_NE(around.out.find("/one is a clone of " + bed.path() + ", on branch main at "), std::string::npos)
      << around.out;
  bed.directory = "";
  EXPECT_EQ(bed.json({"clone", ".", "../two"})["created"], 2);
  make_symlink(bed.path(), bed.path("../link"));
  bed.done({"clone", "../link", "../three"});
  for (const char* name : {"one", "two", "three"})
    EXPECT_EQ(bed.json({"-C", std::string("../") + name, "status"})["modified"], nlohmann::json{"y"}) << name;
  Ran part = bed.run({"clone", "d", "../four"});
  EXPECT_EQ(part.status, 2);
  EXPECT_NE(part.err.find("name that one"), std::string::npos) << part.err;
}

TEST(App, QuietCommandsSayNothing) {
  CliBed bed;
  EXPECT_EQ(bed.done({"-q", "init"}).out, "");
  bed.write("x", "1");
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{"commit", "-m", "1"},
                                                                                    {"commit", "-m", "nothing"},
                                                                                    {"branch", "b"},
                                                                                    {"tag", "t"},
                                                                                    {"checkout", "b"},
                                                                                    {"checkout", "@", "../other"},
                                                                                    {"clone", "../clone"},
                                                                                    {"restore", "x"},
                                                                                    {"tag", "-d", "t"},
                                                                                    {"undo"},
                                                                                    {"fsck"}}) {
    auto quiet = args;
    quiet.push_back("--quiet");
    Ran ran = bed.done(quiet);
    EXPECT_EQ(ran.out + ran.err, "") << testing::PrintToString(args);
  }
  EXPECT_EQ(bed.run({"-q", "show", "nothing-there"}).status, 3);
  EXPECT_NE(bed.run({"-q", "show", "nothing-there"}).err, "");
}

TEST(App, QuietQuestionsAreAnswered) {
  CliBed bed;
  bed.init_with({{"x", "content"}});
  EXPECT_EQ(bed.done({"-q", "cat", "@:x"}).out, "content");
  EXPECT_EQ(bed.done({"-q", "ls"}).out, "x\n");
}

TEST(App, NothingButTheObjectIsPrintedUnderJson) {
  CliBed bed;
  bed.err_device = cli::Device::kOther;
  bed.json({"init"});
  bed.write("x", "1");
  for (std::vector<std::string> args : std::vector<std::vector<std::string>>{{"status"},
                                                                             {"commit", "-m", "1"},
                                                                             {"log"},
                                                                             {"show"},
                                                                             {"diff"},
                                                                             {"diff", "--stat"},
                                                                             {"diff", "--name-status"},
                                                                             {"ls", "-r", "-l"},
                                                                             {"cat", "@:x"},
                                                                             {"branch", "b"},
                                                                             {"branch"},
                                                                             {"tag", "t"},
                                                                             {"tag"},
                                                                             {"checkout", "b"},
                                                                             {"checkout", "@", "../other"},
                                                                             {"restore", "x"},
                                                                             {"op", "log"},
                                                                             {"undo"},
                                                                             {"fsck"},
                                                                             {"version"}}) {
    args.push_back("--json");
    Ran ran = bed.done(args);
    EXPECT_TRUE(ran.json().is_object());
    EXPECT_EQ(ran.err, "") << testing::PrintToString(args);
  }
}

TEST(App, ProgressIsGoneBeforeTheResultIsPrinted) {
  CliBed bed;
  bed.done({"init"});
  for (int i = 0; i < 20; ++i) bed.write(std::to_string(i), "content");
  bed.look_takes = std::chrono::milliseconds(200);
  bed.out_device = cli::Device::kTerminal;
  bed.err_device = cli::Device::kTerminal;
  std::ostringstream screen;
  EXPECT_EQ(bed.run({"commit", "-m", "first"}, screen, screen), 0);
  std::string before = screen.str().substr(0, screen.str().find("[main "));
  EXPECT_GT(before.size(), 8U) << "no progress was shown";
  EXPECT_TRUE(before.ends_with("\r\033[K")) << before;
  EXPECT_EQ(screen.str().find('\r', before.size()), std::string::npos) << "drawn again: " << screen.str();
}

TEST(App, ProgressIsForTerminalsOnly) {
  CliBed bed;
  bed.done({"init"});
  bed.write("x", "content");
  bed.look_takes = std::chrono::milliseconds(200);
  EXPECT_EQ(bed.done({"commit", "-m", "first"}).err, "");
  bed.err_device = cli::Device::kTerminal;
  bed.write("x", "more content");
  EXPECT_EQ(bed.done({"commit", "-m", "second", "-q"}).err, "");
}

TEST(App, ColoursAreForTerminalsThatWantThem) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  EXPECT_EQ(bed.done({"log"}).out.find('\033'), std::string::npos);
  bed.out_device = cli::Device::kTerminal;
  EXPECT_NE(bed.done({"log"}).out.find('\033'), std::string::npos);
  bed.environment["NO_COLOR"] = "1";
  EXPECT_EQ(bed.done({"log"}).out.find('\033'), std::string::npos);
  bed.environment.erase("NO_COLOR");
  bed.environment["TERM"] = "dumb";
  EXPECT_EQ(bed.done({"log"}).out.find('\033'), std::string::npos);
}

TEST(App, TheAuthorComesFromTheEnvironment) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  EXPECT_EQ(bed.json({"log"})["commits"][0]["author"], "Ada <ada@example.org>");
  bed.environment.clear();
  bed.write("x", "2");
  bed.done({"commit", "-m", "2"});
  EXPECT_EQ(bed.json({"log"})["commits"][0]["author"], "nobody@nowhere");
}

TEST(App, ThreadsAreANumber) {
  CliBed bed;
  bed.environment["COWSTORE_THREADS"] = "1";
  bed.init_with({{"x", "1"}});
  bed.environment["COWSTORE_THREADS"] = "lots";
  Ran ran = bed.run({"status"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.err.find("COWSTORE_THREADS"), std::string::npos) << ran.err;
}

/// Takes nothing, as a full disk.
class FullDevice : public std::streambuf {
 protected:
  int_type overflow(int_type) override { return traits_type::eof(); }
};

TEST(App, OutputThatCannotBeWrittenIsAnError) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"version"}, {"--help"}, {"version", "--json"}}) {
    FullDevice full;
    std::ostream out(&full);
    std::ostringstream err;
    cli::Io io{.out = out,
               .err = err,
               .cwd = "/",
               .environment = [](const std::string&) { return std::nullopt; },
               .context = [] { return Context(); },
               .steady = [] { return std::chrono::nanoseconds(0); }};
    EXPECT_EQ(cli::run(args, io), 6) << testing::PrintToString(args);
    EXPECT_NE(err.str().find("write to standard output"), std::string::npos) << err.str();
  }
}

}  // namespace
}  // namespace cowstore::test
