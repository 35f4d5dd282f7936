#include "cli/parser.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/exit_status.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

/// CLI11 takes a lone "++" for the end of a subcommand and drops it, but it is a legal file name.
constexpr std::string_view kPlusPlus = "++";
constexpr std::string_view kPlusPlusStandIn = "+\001+";

std::vector<std::string> for_cli11(const std::vector<std::string>& args) {
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  std::replace(reversed.begin(), reversed.end(), std::string(kPlusPlus), std::string(kPlusPlusStandIn));
  return reversed;
}

std::vector<std::string> from_cli11(std::vector<std::string> args) {
  std::replace(args.begin(), args.end(), std::string(kPlusPlusStandIn), std::string(kPlusPlus));
  return args;
}

/// "-n,--limit" and "N" as people read it: "-n, --limit N".
std::string spelled(std::string_view names, std::string_view placeholder) {
  std::string text;
  for (char c : names) text += c == ',' ? std::string(", ") : std::string(1, c);
  if (!text.starts_with("-C") && text.starts_with("--")) text.insert(0, "    ");
  return placeholder.empty() ? text : fmt::format("{} {}", text, placeholder);
}

bool looks_like_option(const std::string& arg) {
  return arg.size() > 1 && arg[0] == '-';
}

std::string in_quotes(const std::string& arg) {
  return '\'' + escape_for_terminal(arg) + '\'';
}

}  // namespace

class Parser::Impl {
 public:
  struct Argument {
    std::string placeholder;
    Need need;
    std::size_t most;  ///< how many it takes
    std::function<void(const std::string&)> take;
  };

  Impl() { app.set_help_flag(); }

  /// Runs CLI11 and returns what it left over.
  Result<std::vector<std::string>> run(const std::vector<std::string>& args) {
    try {
      app.parse(for_cli11(args));
    } catch (const CLI::ParseError& error) {
      // Nothing is declared to CLI11 as required or typed: what it can miss is the value of an option.
      return usage_error(fmt::format("an option needs a value: {}", error.what()));
    }
    if (failure) return *std::exchange(failure, std::nullopt);
    return from_cli11(app.remaining());
  }

  /// Tells arguments from unknown options, which CLI11 hands back in one list with the first `--` between.
  static Result<std::vector<std::string>> positionals(const std::vector<std::string>& left) {
    auto mark = std::find(left.begin(), left.end(), "--");
    auto unknown = std::find_if(left.begin(), mark, looks_like_option);
    if (unknown != mark) return usage_error("unknown option " + in_quotes(*unknown));
    std::vector<std::string> found(left.begin(), mark);
    if (mark != left.end()) found.insert(found.end(), mark + 1, left.end());
    return found;
  }

  Result<void> assign(const std::vector<std::string>& given) {
    auto next = given.begin();
    for (const Argument& argument : arguments) {
      if (next == given.end() && argument.need == Need::kRequired) {
        return usage_error(argument.placeholder + " is missing");
      }
      for (std::size_t n = 0; n < argument.most && next != given.end(); ++n) argument.take(*next++);
    }
    if (next != given.end()) return usage_error("unexpected argument " + in_quotes(*next));
    return {};
  }

  CLI::App app;
  std::vector<Argument> arguments;
  std::vector<HelpItem> option_help;
  std::vector<HelpItem> argument_help;
  std::optional<Error> failure;  ///< of a setter, which CLI11 calls
};

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;

void Parser::flag(std::string_view names, bool& target, std::string_view help) {
  impl_->app.add_flag_callback(std::string(names), [&target] { target = true; });
  impl_->option_help.push_back({spelled(names, ""), std::string(help)});
}

void Parser::option(std::string_view names, std::string_view placeholder, std::string_view help, Repeat repeat,
                    Setter setter) {
  auto callback = [impl = impl_.get(), setter = std::move(setter)](const CLI::results_t& results) {
    auto done = setter(from_cli11(results));
    if (!done && !impl->failure) impl->failure = done.error();
    return true;
  };
  CLI::Option* option = impl_->app.add_option(std::string(names), CLI::callback_t(callback));
  option->expected(1)->allow_extra_args(false);
  option->multi_option_policy(repeat == Repeat::kAll ? CLI::MultiOptionPolicy::TakeAll
                                                     : CLI::MultiOptionPolicy::TakeLast);
  impl_->option_help.push_back({spelled(names, placeholder), std::string(help)});
}

void Parser::value(std::string_view names, std::string_view placeholder, std::string& target, std::string_view help) {
  option(names, placeholder, help, Repeat::kLastCounts, [&target](const auto& values) -> Result<void> {
    target = values.back();
    return {};
  });
}

void Parser::value(std::string_view names, std::string_view placeholder, std::optional<std::string>& target,
                   std::string_view help) {
  option(names, placeholder, help, Repeat::kLastCounts, [&target](const auto& values) -> Result<void> {
    target = values.back();
    return {};
  });
}

void Parser::number(std::string_view names, std::string_view placeholder, std::uint64_t& target,
                    std::string_view help) {
  std::string name(names);
  option(names, placeholder, help, Repeat::kLastCounts, [&target, name](const auto& values) -> Result<void> {
    const std::string& text = values.back();
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
    if (error == std::errc() && end == text.data() + text.size()) return {};
    return usage_error(fmt::format("{} takes a number, not {}", name, in_quotes(text)));
  });
}

void Parser::values(std::string_view names, std::string_view placeholder, std::vector<std::string>& target,
                    std::string_view help) {
  option(names, placeholder, help, Repeat::kAll, [&target](const auto& values) -> Result<void> {
    target.insert(target.end(), values.begin(), values.end());
    return {};
  });
}

void Parser::one_of(std::string_view names, const std::vector<std::string>& words, std::string_view help,
                    std::function<void(std::size_t)> pick) {
  std::string listed = fmt::format("{}", fmt::join(words, "|"));
  std::string name(names);
  auto set = [words, name, listed, pick = std::move(pick)](const auto& values) -> Result<void> {
    auto found = std::find(words.begin(), words.end(), values.back());
    if (found == words.end())
      return usage_error(fmt::format("{} is {}, not {}", name, listed, in_quotes(values.back())));
    pick(static_cast<std::size_t>(found - words.begin()));
    return {};
  };
  option(names, listed, help, Repeat::kLastCounts, set);
}

void Parser::argument(std::string_view placeholder, std::string& target, std::string_view help) {
  impl_->arguments.push_back(
      {std::string(placeholder), Need::kRequired, 1, [&target](const std::string& given) { target = given; }});
  impl_->argument_help.push_back({std::string(placeholder), std::string(help)});
}

void Parser::argument(std::string_view placeholder, std::optional<std::string>& target, std::string_view help) {
  impl_->arguments.push_back(
      {std::string(placeholder), Need::kOptional, 1, [&target](const std::string& given) { target = given; }});
  impl_->argument_help.push_back({std::string(placeholder), std::string(help)});
}

void Parser::arguments(std::string_view placeholder, std::vector<std::string>& target, std::string_view help,
                       Need need) {
  impl_->arguments.push_back({std::string(placeholder), need, std::string::npos,
                              [&target](const std::string& given) { target.push_back(given); }});
  impl_->argument_help.push_back({std::string(placeholder) + "...", std::string(help)});
}

Result<void> Parser::parse(const std::vector<std::string>& args) {
  impl_->app.allow_extras();
  auto left = impl_->run(args);
  if (!left) return left.error();
  auto given = Impl::positionals(*left);
  if (!given) return given.error();
  return impl_->assign(*given);
}

Result<std::vector<std::string>> Parser::parse_front(const std::vector<std::string>& args) {
  impl_->app.prefix_command();
  auto left = impl_->run(args);
  if (!left) return left.error();
  if (!left->empty() && looks_like_option(left->front()))
    return usage_error("unknown option " + in_quotes(left->front()));
  return left;
}

const std::vector<HelpItem>& Parser::option_help() const {
  return impl_->option_help;
}

const std::vector<HelpItem>& Parser::argument_help() const {
  return impl_->argument_help;
}

}  // namespace cowstore::cli
