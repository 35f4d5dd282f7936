// Options and arguments of one verb: declared by it, then filled from the command line.
// The only wrapper around CLI11, which is slow to compile; also the list from which --help is made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cowstore/result.hpp"

namespace cowstore::cli {

/// One line of --help.
struct HelpItem {
  std::string left;  ///< "-m, --message TEXT"
  std::string right;
};

enum class Need { kRequired, kOptional };

/// Targets are borrowed and must outlive parse(). Names are written as in "-n,--limit".
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void flag(std::string_view names, bool& target, std::string_view help);
  /// The last one counts where it is given twice.
  void value(std::string_view names, std::string_view placeholder, std::string& target, std::string_view help);
  void value(std::string_view names, std::string_view placeholder, std::optional<std::string>& target,
             std::string_view help);
  void number(std::string_view names, std::string_view placeholder, std::uint64_t& target, std::string_view help);
  /// May be repeated; each takes one value.
  void values(std::string_view names, std::string_view placeholder, std::vector<std::string>& target,
              std::string_view help);
  /// One of a few words.
  template <class Target>
  void choice(std::string_view names, Target& target, const std::vector<std::pair<std::string, Target>>& choices,
              std::string_view help);

  /// Arguments by position, in the order of their declaration: required ones first, one list at the end at most.
  void argument(std::string_view placeholder, std::string& target, std::string_view help);
  void argument(std::string_view placeholder, std::optional<std::string>& target, std::string_view help);
  void arguments(std::string_view placeholder, std::vector<std::string>& target, std::string_view help, Need need);

  /// Options may stand anywhere; `--` ends them. kUsage names the argument that is wrong. Options are set even when an
  /// argument is missing, so that --help is seen.
  Result<void> parse(const std::vector<std::string>& args);
  /// Options up to the first argument that isn't one; returns the rest, which starts with it.
  Result<std::vector<std::string>> parse_front(const std::vector<std::string>& args);

  [[nodiscard]] const std::vector<HelpItem>& option_help() const;
  [[nodiscard]] const std::vector<HelpItem>& argument_help() const;

 private:
  using Setter = std::function<Result<void>(const std::vector<std::string>& values)>;
  enum class Repeat { kLastCounts, kAll };

  void option(std::string_view names, std::string_view placeholder, std::string_view help, Repeat repeat,
              Setter setter);
  void one_of(std::string_view names, const std::vector<std::string>& words, std::string_view help,
              std::function<void(std::size_t)> pick);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

template <class Target>
void Parser::choice(std::string_view names, Target& target, const std::vector<std::pair<std::string, Target>>& choices,
                    std::string_view help) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  one_of(names, words, help, [&target, choices](std::size_t index) { target = choices[index].second; });
}

}  // namespace cowstore::cli
