#include "crash/crash_bed.hpp"

namespace cowstore::test {

namespace {

template <class T>
Result<void> outcome(Result<T> result) {
  if (!result) return std::move(result).error();
  return {};
}

Step commit(const std::string& message) {
  return {[message](CrashBed&, Repository& repository) {
    CommitOptions options;
    options.message = message;
    return outcome(repository.commit(options));
  }};
}

Step write(const std::string& name, const std::string& content) {
  return {[=](CrashBed& bed, Repository&) -> Result<void> {
    write_file(bed.path(name), content);
    return {};
  }};
}

Step switch_to(const std::string& revision, Overwrite overwrite = Overwrite::kRefuse) {
  Step step{[=](CrashBed&, Repository& repository) {
    CheckoutOptions options;
    options.overwrite = overwrite;
    return outcome(repository.switch_to(revision, options));
  }};
  if (overwrite == Overwrite::kForce) step.undo = Step::Undo::kBringsBack;
  return step;
}

Step check_out_beside(const std::string& revision, Overwrite overwrite = Overwrite::kRefuse,
                      CheckoutMethod method = CheckoutMethod::kAuto) {
  Step step{[=](CrashBed& bed, Repository& repository) {
    CheckoutOptions options;
    options.overwrite = overwrite;
    options.method = method;
    return outcome(repository.checkout(revision, bed.root() + "/beside", options));
  }};
  step.again = Step::Again::kFails;  // the directory is a working copy by then
  return step;
}

Step clone_beside() {
  Step step{
      [](CrashBed& bed, Repository& repository) { return outcome(repository.clone(bed.root() + "/beside", {})); }};
  step.again = Step::Again::kFails;  // the directory is a working copy by then
  return step;
}

Step restore(std::vector<std::string> paths, const std::string& source) {
  Step step{[=](CrashBed&, Repository& repository) {
    return outcome(repository.restore({source, paths, Execution::kReally}));
  }};
  step.undo = Step::Undo::kBringsBack;
  return step;
}

Step undo() {
  Step step{[](CrashBed&, Repository& repository) { return outcome(repository.undo(Overwrite::kRefuse)); }};
  step.again = Step::Again::kFails;  // it would undo one more
  return step;
}

/// May be done again, or be gone already.
Step change_refs(std::function<Result<void>(Repository&)> change) {
  return {[change](CrashBed&, Repository& repository) -> Result<void> {
    auto done = change(repository);
    if (!done && done.error().code == ErrorCode::kNotFound) return {};
    return done;
  }};
}

/// Two commits, tagged `one` and `two`; main is at the second, and `one` checked out.
void two_versions(CrashBed& bed) {
  bed.write_version_one();
  bed.commit_all("one");
  (void)bed.open().create_tag("one", "@", Overwrite::kRefuse).ok();
  bed.write_version_two();
  bed.commit_all("two");
  (void)bed.open().create_tag("two", "@", Overwrite::kRefuse).ok();
  (void)bed.open().switch_to("one", {}).ok();
}

void uncommitted_work(CrashBed& bed) {
  two_versions(bed);
  bed.write_uncommitted_work();
}

void forced_switch(CrashBed& bed) {
  uncommitted_work(bed);
  CheckoutOptions options;
  options.overwrite = Overwrite::kForce;
  (void)bed.open().switch_to("two", options).ok();
}

void first_commit_to_come(CrashBed& bed) {
  bed.write_version_one();
}

void two_commits(CrashBed& bed) {
  bed.write_version_one();
  bed.commit_all("one");
  bed.write_version_two();
  bed.commit_all("two");
}

void files_beside(CrashBed& bed) {
  two_versions(bed);
  write_file(bed.root() + "/beside/a", "mine\n");
  write_file(bed.root() + "/beside/dir/mine", "in nobody's way\n");
}

Scenario forced_beside() {
  Step step = check_out_beside("two", Overwrite::kForce);
  step.undo = Step::Undo::kBringsBack;
  return {"CheckoutOverADirectory", files_beside, {step}, "beside"};
}

Scenario branches_and_tags() {
  auto branch = [](Repository& repository) {
    return outcome(repository.create_branch("side", "one", Overwrite::kForce));
  };
  auto tag = [](Repository& repository) { return outcome(repository.create_tag("third", "@", Overwrite::kForce)); };
  auto no_branch = [](Repository& repository) { return outcome(repository.delete_branch("side", Overwrite::kForce)); };
  auto no_tag = [](Repository& repository) { return outcome(repository.delete_tag("third")); };
  return {"BranchesAndTags",
          two_versions,
          {change_refs(branch), change_refs(tag), change_refs(no_branch), change_refs(no_tag)}};
}

}  // namespace

std::vector<Scenario> scenarios() {
  return {
      {"FirstCommit", first_commit_to_come, {commit("one"), write("second", "second\n"), commit("two")}},
      {"CommitOfChanges", uncommitted_work, {commit("edits"), write("dir/x/second", "second\n"), commit("two")}},
      {"SwitchForthAndBack", two_versions, {switch_to("two"), switch_to("one")}},
      {"ForcedSwitch", uncommitted_work, {switch_to("two", Overwrite::kForce)}},
      {"CheckoutOfANewCopy", uncommitted_work, {check_out_beside("two")}},
      forced_beside(),
      {"CloneOfUncommittedWork", uncommitted_work, {clone_beside()}},
      {"CheckoutByHardLinks",
       uncommitted_work,
       {check_out_beside("two", Overwrite::kRefuse, CheckoutMethod::kHardlink)}},
      {"Restore", uncommitted_work, {restore({"a", "big", "dir", "kind"}, "two")}},
      {"UndoOfACheckout", forced_switch, {undo()}},
      {"UndoOfACommit", two_commits, {undo()}},
      branches_and_tags(),
  };
}

const Scenario& scenario_named(const std::string& name) {
  static const std::vector<Scenario> all = scenarios();
  return *std::find_if(all.begin(), all.end(), [&](const Scenario& scenario) { return scenario.name == name; });
}

}  // namespace cowstore::test
