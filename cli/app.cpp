#include "cli/app.hpp"

#include <fmt/format.h>

#include <charconv>
#include <exception>
#include <filesystem>

#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/human.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

Result<std::string> working_directory(const Io& io, const Globals& globals) {
  std::string directory = io.cwd;
  for (const std::string& next : globals.directories) directory = path_from(directory, next);
  std::error_code error;
  if (globals.directories.empty() || std::filesystem::is_directory(directory, error)) return directory;
  Error failure;
  failure.code = ErrorCode::kNotFound;
  failure.operation = "work in";
  failure.path = directory;
  failure.sys_errno = error.value();
  failure.reason = error ? "" : "it is not a directory";
  return failure;
}

Result<std::size_t> thread_count(const Io& io) {
  std::string text = io.environment("COWSTORE_THREADS").value_or("");
  if (text.empty()) return std::size_t{0};
  std::size_t threads = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error == std::errc() && end == text.data() + text.size()) return threads;
  return usage_error(fmt::format("COWSTORE_THREADS is a number, not '{}'", escape_for_terminal(text)));
}

/// What the library is told: from the system, then from the environment.
Result<Context> make_context(Io& io, const Globals& globals, const std::vector<std::string>& args,
                             ProgressLine* progress) {
  Context context = io.context();
  context.command_line = as_shell_line(args);
  context.progress = progress;
  auto threads = thread_count(io);
  if (!threads) return threads.error();
  context.threads = *threads;
  std::string author = io.environment("COWSTORE_AUTHOR").value_or("");
  if (!author.empty()) context.author = author;
  if (globals.quiet) return context;
  context.notice = [&io, progress](const std::string& text) {
    if (progress != nullptr) progress->clear();
    io.err << "cowstore: " << printable_lines(text) << std::endl;
  };
  return context;
}

Result<ExitStatus> run_in_session(const Run& run, const std::vector<std::string>& args, const Globals& globals,
                                  Io& io) {
  auto directory = working_directory(io, globals);
  if (!directory) return directory.error();
  std::optional<ProgressLine> progress;
  if (io.err_device == Device::kTerminal && !globals.quiet) progress.emplace(io);
  ProgressLine* line = progress ? &*progress : nullptr;
  auto context = make_context(io, globals, args, line);
  if (!context) return context.error();
  Session session(io, globals, *directory, *context, line);
  return run(session);
}

void print_help(const std::string& help, const Globals& globals, Io& io) {
  io.out << (globals.json ? json_of_help(help) + "\n" : help);
}

Result<ExitStatus> run_verb(const Invocation& invocation, const std::vector<std::string>& args, Globals& globals,
                            Io& io) {
  const Verb& verb = *invocation.verb;
  Parser parser;
  Run run = verb.declare(parser);
  Parser everywhere;  // only for its help
  declare_globals(everywhere, globals);
  std::vector<HelpItem> own_options = parser.option_help();
  declare_globals(parser, globals);
  auto parsed = parser.parse(invocation.args);
  if (globals.help) {
    print_help(help_of(verb.info, parser.argument_help(), own_options, everywhere.option_help()), globals, io);
    return ExitStatus::kDone;
  }
  auto result = parsed ? run_in_session(run, args, globals, io) : Result<ExitStatus>(parsed.error());
  if (!result && result.error().code == ErrorCode::kUsage && result.error().hint.empty()) {
    result.error().hint = fmt::format("`cowstore {} --help` says what it takes", verb.info.name);
  }
  return result;
}

Result<ExitStatus> without_verb(const Parser& parser, const Globals& globals, Io& io) {
  if (globals.json && !globals.help) return usage_error("no command given", "`cowstore --help` lists the commands");
  print_help(overview(verb_groups(), parser.option_help()), globals, io);
  return globals.help ? ExitStatus::kDone : ExitStatus::kUsage;
}

Result<ExitStatus> dispatch(const std::vector<std::string>& args, Globals& globals, Io& io) {
  Parser parser;
  declare_front_options(parser, globals);
  auto rest = parser.parse_front(args);
  if (!rest) return usage_error(rest.error().reason, "`cowstore --help` lists options and commands");
  if (rest->empty() && !globals.version) return without_verb(parser, globals, io);
  auto invocation = find_verb(globals.version ? std::vector<std::string>{"version"} : *rest);
  if (!invocation) return invocation.error();
  return run_verb(*invocation, args, globals, io);
}

Result<ExitStatus> dispatch_without_exceptions(const std::vector<std::string>& args, Globals& globals, Io& io) {
  try {
    return dispatch(args, globals, io);
  } catch (const std::exception& exception) {  // memory, most likely: nothing else throws
    Error error;
    error.operation = "run the command";
    error.reason = exception.what();
    return error;
  }
}

void print_error(const Error& error, const Globals& globals, Io& io) {
  if (globals.json) {
    io.out << json_of(error) << '\n';
    return;
  }
  io.err << "cowstore: " << printable_lines(error.message()) << '\n';
  if (!error.hint.empty()) io.err << "hint: " << printable_lines(error.hint) << '\n';
}

}  // namespace

int run(const std::vector<std::string>& args, Io& io) {
  Globals globals;
  auto result = dispatch_without_exceptions(args, globals, io);
  globals.json = globals.json || asks_for_json(args);
  ExitStatus status = result ? *result : exit_status(result.error().code);
  if (!result) print_error(result.error(), globals, io);
  io.out.flush();
  if (!io.out && (result || globals.json)) {  // else that is the error that was printed
    io.err << "cowstore: write to standard output: failed\n";
    if (status == ExitStatus::kDone) status = ExitStatus::kIo;
  }
  return static_cast<int>(status);
}

}  // namespace cowstore::cli
