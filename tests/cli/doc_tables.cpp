#include "doc_tables.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/temp_dir.hpp"

namespace cowstore::test {

namespace {

constexpr std::string_view kOptional = "optional ";
constexpr std::string_view kListOf = "list of ";
constexpr std::string_view kOrNull = " or null";

std::string trimmed(const std::string& text) {
  std::size_t begin = text.find_first_not_of(' ');
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// Cells of "| a | b | c |".
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trimmed(cell));
  return cells;
}

DocField field_of(const std::vector<std::string>& cells) {
  DocField field{cells[0].substr(1, cells[0].size() - 2), cells[1], false};
  if (field.type.starts_with(kOptional)) {
    field.optional = true;
    field.type.erase(0, kOptional.size());
  }
  return field;
}

/// Outputs and objects may have the same name.
std::string output_table(std::string_view command) {
  return std::string("> ").append(command);
}

std::string table_name(const std::string& heading) {
  constexpr std::string_view kOutput = "#### Output: ";
  constexpr std::string_view kObject = "#### Object: ";
  if (heading.starts_with(kOutput)) return output_table(heading.substr(kOutput.size()));
  return heading.starts_with(kObject) ? heading.substr(kObject.size()) : "";
}

}  // namespace

DocTables::DocTables() : page_(read_file(COWSTORE_SOURCE_DIR "/docs/cli.md")) {
  std::istringstream lines(page_);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) table = table_name(line);
    if (!table.empty() && line.starts_with("| `")) tables_[table].push_back(field_of(cells_of(line)));
  }
}

std::vector<std::string> DocTables::check(const std::string& command, const nlohmann::json& value) {
  wrong_.clear();
  check_object(output_table(command), value, command);
  return wrong_;
}

void DocTables::check_object(const std::string& table, const nlohmann::json& value, const std::string& where) {
  if (tables_.count(table) == 0 || !value.is_object()) {
    wrong_.push_back(where + ": no object of '" + table + "', which the page describes");
    return;
  }
  std::set<std::string> documented;
  for (const DocField& field : tables_[table]) {
    documented.insert(field.name);
    if (value.contains(field.name)) {
      seen_.insert(table + "." + field.name);
      check_value(field.type, value[field.name], where + "." + field.name);
    } else if (!field.optional) {
      wrong_.push_back(where + "." + field.name + ": missing");
    }
  }
  for (const auto& [key, member] : value.items()) {
    if (documented.count(key) == 0) wrong_.push_back(where + "." + key + ": not in the page");
  }
}

void DocTables::check_value(std::string type, const nlohmann::json& value, const std::string& where) {
  if (type.ends_with(kOrNull)) {
    if (value.is_null()) return;
    type.resize(type.size() - kOrNull.size());
  }
  if (type.starts_with(kListOf)) {
    if (!value.is_array()) wrong_.push_back(where + ": no list");
    for (const auto& item : value) check_value(type.substr(kListOf.size()), item, where + "[]");
    return;
  }
  bool fits = type == "any" || (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
              (type == "integer" && value.is_number_unsigned());
  if (fits) return;
  if (tables_.count(type) > 0) return check_object(type, value, where);
  wrong_.push_back(where + ": not of type '" + type + "': " + value.dump());
}

std::vector<std::string> DocTables::unseen() const {
  std::vector<std::string> names;
  for (const auto& [table, fields] : tables_) {
    for (const DocField& field : fields) {
      if (seen_.count(table + "." + field.name) == 0) names.push_back(table + "." + field.name);
    }
  }
  return names;
}

std::string DocTables::section(const std::string& name) const {
  std::size_t begin = page_.find("\n## " + name + "\n");
  if (begin == page_.npos) return "";
  return page_.substr(begin, page_.find("\n## ", begin + 1) - begin);
}

}  // namespace cowstore::test
