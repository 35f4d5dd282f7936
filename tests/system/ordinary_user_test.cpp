// Full attributes in the hands of somebody who may not set most of them.
#include <grp.h>
#include <unistd.h>

#include "support/run_child.hpp"
#include "system/full_repository.hpp"
#include "system/full_tree.hpp"
#include "system/outside_oracle.hpp"

namespace cowstore::test {

namespace {

constexpr unsigned kNobody = 65534;

class OrdinaryUser : public FullRepository {
 protected:
  void SetUp() override {
    FullRepository::SetUp();
    if (!ready()) return;
    make_full_tree(copy(), filesystem());
    committed = outside_attributes(copy(), OutsideTimes::kHide);
    commit_all(copy(), "first");
    // The store is the user's, the files in it aren't.
    run_shell(copy(), "chown -R 65534:65534 .cowstore");
    run_shell(temp().path(), "mkdir user; chown 65534:65534 user; chmod 0755 .");
  }
  [[nodiscard]] std::string user_copy() const { return temp() / "user/copy"; }

  /// 0 if the function says that all went well.
  static int as_user(const std::function<bool()>& body) {
    return run_child([&] {
             bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
             return dropped && body() ? 0 : 1;
           })
        .status;
  }

  std::string committed;
};
INSTANTIATE_TEST_SUITE_P(On, OrdinaryUser, every_filesystem(), filesystem_param_name);

/// "owner 0:0, …", empty if nothing was left out of that path.
std::string unrestored_at(const CheckoutReport& report, const std::string& path) {
  std::string text;
  for (const Unrestored& each : report.unrestored) {
    if (each.path != path) continue;
    for (const std::string& what : each.what) text += (text.empty() ? "" : ", ") + what;
  }
  return text;
}

}  // namespace

TEST_P(OrdinaryUser, GetsWhatTheyMayHaveAndIsToldTheRest) {
  if (!ready()) return;
  EXPECT_EQ(as_user([&] {
              CheckoutReport report = check_out(copy(), "main", user_copy());
              bool told = unrestored_at(report, "plain") == "owner 11:12" &&
                          unrestored_at(report, "dir/tool") == "owner 0:0, setuid and setgid bits" &&
                          unrestored_at(report, "dir/net") == "owner 7:8, security.capability" &&
                          unrestored_at(report, "dir/null") == "character device" &&
                          unrestored_at(report, "dir/below/attributes") == "owner 0:0, trusted.secret" &&
                          unrestored_at(report, "fifo") == "owner 51:52";
              return told && status_of(user_copy()).clean();
            }),
            0);
  run_shell(user_copy(), R"sh(
    test "$(getfattr --only-values -n user.comment dir/below/attributes)" = "some text"
    test "$(getfattr --only-values -n user.note readonly)" = n
    test "$(stat -c %a readonly)" = 444
    test "$(stat -c %a dir/tool)" = 755
    test "$(stat -c %u:%a plain)" = 65534:640
    test -p fifo; test -S socket; test ! -e dir/null
    getfacl -n -p dir/acl | grep -q user:1234:rw
    test linked -ef dir/below/linked
  )sh");
}

TEST_P(OrdinaryUser, CommitsTheirEditsAndNothingElse) {
  if (!ready()) return;
  EXPECT_EQ(as_user([&] {
              check_out(copy(), "main", user_copy());
              overwrite_file(user_copy() + "/dir/acl", "edit", 0);
              write_file(user_copy() + "/dir/new", "new");
              Status status = status_of(user_copy());
              bool told = status.modified == std::vector<std::string>{"dir/acl"} &&
                          status.added == std::vector<std::string>{"dir/new"} && status.deleted.empty();
              return told && commit_all(user_copy(), "edited").created && status_of(user_copy()).clean();
            }),
            0);
  check_out(copy(), "main", temp() / "again");
  remove_path(temp() / "again/dir/new");
  run_shell(temp() / "again", "test \"$(stat -c %u:%g dir/acl)\" = 0:0");
  expect_same(outside_attributes(temp() / "again", OutsideTimes::kHide), committed);
}

}  // namespace cowstore::test
