// The tables of docs/cli.md as a schema that real output is held against.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

namespace cowstore::test {

struct DocField {
  std::string name;
  std::string type;  ///< "string", "list of entry", "change or null", …
  bool optional = false;
};

/// Parsed from the headings "#### Output: NAME" and "#### Object: NAME" and the tables below them.
class DocTables {
 public:
  DocTables();

  /// What is wrong with `value` as the output of `command`: members that the page doesn't have, members of the page
  /// that are missing, members of another type. Empty if nothing is.
  std::vector<std::string> check(const std::string& command, const nlohmann::json& value);

  /// "Object.field" of every documented field that no check() so far has seen in a value.
  [[nodiscard]] std::vector<std::string> unseen() const;

  /// The text of the section "## name".
  [[nodiscard]] std::string section(const std::string& name) const;

 private:
  void check_object(const std::string& table, const nlohmann::json& value, const std::string& where);
  void check_value(std::string type, const nlohmann::json& value, const std::string& where);

  std::string page_;
  std::map<std::string, std::vector<DocField>> tables_;
  std::set<std::string> seen_;
  std::vector<std::string> wrong_;
};

}  // namespace cowstore::test
