#include "cli_bed.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/app.hpp"

namespace cowstore::test {

nlohmann::json Ran::json() const {
  auto parsed = nlohmann::json::parse(out, nullptr, false);
  EXPECT_TRUE(parsed.is_object()) << "standard output is no JSON object: " << out;
  EXPECT_TRUE(out.ends_with("}\n")) << out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
  return parsed.is_object() ? parsed : nlohmann::json();
}

CliBed::CliBed() {
  make_dirs(path());
}

std::string CliBed::path(std::string_view name) const {
  std::string top = temp_ / "wc";
  return name.empty() ? top : top + "/" + std::string(name);
}

Context CliBed::context() {
  Context context;
  context.author = "nobody@nowhere";
  context.user = "ada@example";
  context.now = [this] { return Timestamp{now_++, 42}; };
  context.utc_offset_minutes = [](Timestamp) { return 60; };
  return context;
}

int CliBed::run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
  auto variable = [this](const std::string& name) -> std::optional<std::string> {
    auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  cli::Io io{
      .out = out,
      .err = err,
      .cwd = directory.empty() ? path() : path(directory),
      .environment = variable,
      .out_device = out_device,
      .err_device = err_device,
      .columns = 80,
      .context = [this] { return context(); },
      .steady = [this] { return std::chrono::nanoseconds(steady_ += std::chrono::nanoseconds(look_takes).count()); }};
  return cli::run(args, io);
}

Ran CliBed::run(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  Ran ran;
  ran.status = run(args, out, err);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

Ran CliBed::done(const std::vector<std::string>& args) {
  Ran ran = run(args);
  EXPECT_EQ(ran.status, 0) << testing::PrintToString(args) << "\n" << ran.out << ran.err;
  return ran;
}

nlohmann::json CliBed::json(std::vector<std::string> args) {
  args.insert(args.begin(), "--json");
  return done(args).json();
}

void CliBed::init_with(const std::map<std::string, std::string>& files) {
  done({"init"});
  for (const auto& [name, content] : files) write(name, content);
  done({"commit", "-m", "first"});
}

void CliBed::write(const std::string& name, std::string_view content) const {
  write_file(path(name), content);
}

void CliBed::let_clock_tick() const {
  const std::string probe = temp_ / "probe";
  write_file(probe, "");
  const Timestamp before = mtime_of(probe);
  while (mtime_of(probe) == before) write_file(probe, "");
}

}  // namespace cowstore::test
