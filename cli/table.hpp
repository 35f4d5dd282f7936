// Columns of text that line up.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cowstore::cli {

enum class Align { kLeft, kRight };

/// Rows of cells, the first one the headings. Widths are counted in characters of UTF-8, each as one column.
class Table {
 public:
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// A line each, two spaces between columns, none at the end. Where a line would be wider than `width` (0: no limit),
  /// the last column is cut at its front, down to a few characters: of paths the end tells them apart.
  [[nodiscard]] std::string str(std::size_t width) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cowstore::cli
