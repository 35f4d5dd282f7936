#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <numeric>

#include "cli/exit_status.hpp"
#include "cli/verbs.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

/// How many letters must change to turn one word into the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j + 1] + 1, row[j] + 1, replaced}));
    }
  }
  return row.back();
}

/// The verb or group at the front of a full name: "op" of "op log".
std::string_view first_word(std::string_view name) {
  return name.substr(0, name.find(' '));
}

const Verb* verb_named(std::string_view name) {
  for (const VerbGroup& group : verb_groups()) {
    for (const Verb& verb : group.verbs) {
      if (verb.info.name == name) return &verb;
    }
  }
  return nullptr;
}

/// The second words of a group's verbs; empty if `word` is no group.
std::vector<std::string> members_of(std::string_view word) {
  std::vector<std::string> members;
  for (const VerbGroup& group : verb_groups()) {
    for (const Verb& verb : group.verbs) {
      std::string_view name = verb.info.name;
      if (name.size() > word.size() && first_word(name) == word) members.emplace_back(name.substr(word.size() + 1));
    }
  }
  return members;
}

Error unknown_verb(const std::string& word) {
  std::string best;
  std::size_t least = 3;  // further off it is no slip of the fingers
  for (const VerbGroup& group : verb_groups()) {
    for (const Verb& verb : group.verbs) {
      std::string_view name = first_word(verb.info.name);
      std::size_t far = distance(word, name);
      if (far < least && far < name.size()) std::tie(best, least) = std::tuple(std::string(name), far);
    }
  }
  return usage_error(fmt::format("'{}' is not a cowstore command", escape_for_terminal(word)),
                     best.empty() ? "`cowstore --help` lists the commands" : fmt::format("did you mean `{}`?", best));
}

bool is_plain_in_shell(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./:=@,+%~^").find(c) != std::string_view::npos;
}

std::string shell_quoted(const std::string& arg) {
  if (!arg.empty() && std::all_of(arg.begin(), arg.end(), is_plain_in_shell)) return arg;
  std::string text = "'";
  for (char c : arg) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

void declare_globals(Parser& parser, Globals& globals) {
  parser.values("-C", "DIR", globals.directories, "work as if started in DIR; repeated, each is relative to the last");
  parser.flag("--json", globals.json, "print one JSON object and nothing else, errors too");
  parser.flag("-q,--quiet", globals.quiet, "no reports, notices or progress: only what was asked for, and errors");
  parser.flag("-v,--verbose", globals.verbose, "more detail");
  parser.flag("-h,--help", globals.help, "print this help");
}

void declare_front_options(Parser& parser, Globals& globals) {
  declare_globals(parser, globals);
  parser.flag("--version", globals.version, "print the version");
}

Result<Invocation> find_verb(const std::vector<std::string>& args) {
  const std::string& word = args.front();
  if (const Verb* verb = verb_named(word)) return Invocation{verb, {args.begin() + 1, args.end()}};
  std::vector<std::string> members = members_of(word);
  if (members.empty()) return unknown_verb(word);
  if (args.size() > 1) {
    if (const Verb* verb = verb_named(word + " " + args[1])) return Invocation{verb, {args.begin() + 2, args.end()}};
  }
  return usage_error(fmt::format("`{0}` takes one of: {0} {1}", word, fmt::join(members, fmt::format(", {} ", word))),
                     "`cowstore --help` lists the commands");
}

bool asks_for_json(const std::vector<std::string>& args) {
  auto options_end = std::find(args.begin(), args.end(), "--");
  return std::find(args.begin(), options_end, "--json") != options_end;
}

std::string as_shell_line(const std::vector<std::string>& args) {
  std::string line = "cowstore";
  for (const std::string& arg : args) line += ' ' + shell_quoted(arg);
  return line;
}

}  // namespace cowstore::cli
