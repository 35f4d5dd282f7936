// What a command consists of: what --help says, which options it declares, what it does.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/parser.hpp"
#include "cowstore/result.hpp"

namespace cowstore::cli {

class Session;

struct Example {
  std::string_view command;
  std::string_view effect;
};

struct VerbInfo {
  std::string_view name;     ///< "commit"; a verb of a group has two words: "op log"
  std::string_view summary;  ///< one line without a full stop
  std::vector<std::string_view> usage;
  std::string_view description;  ///< paragraphs, separated by empty lines; wrapped when shown
  std::vector<Example> examples;
};

/// Runs with the options as parsed. The result of a command that did its work, but found something, is a status too.
using Run = std::function<Result<ExitStatus>(Session&)>;

struct Verb {
  VerbInfo info;
  std::function<Run(Parser&)> declare;  ///< the Run must be called after the parser has parsed
};

/// A verb whose options are an `Options`, declared and used by two plain functions.
template <class Options>
Verb make_verb(VerbInfo info, void (*declare)(Parser&, Options&), Result<ExitStatus> (*run)(const Options&, Session&)) {
  auto bind = [declare, run](Parser& parser) -> Run {
    auto options = std::make_shared<Options>();
    declare(parser, *options);
    return [options, run](Session& session) { return run(*options, session); };
  };
  return {std::move(info), bind};
}

}  // namespace cowstore::cli
