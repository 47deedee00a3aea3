// A copy of a database file that is in use.
#pragma once

#include <string>

#include "base/result.hpp"

namespace sql {

// Copies the database at `from` as it is at one instant, while another process may read and write
// it; writers do not wait. `to` must not exist (`conflict`). What is there afterwards is a whole
// database without a journal beside it, on disk; nothing when this fails. Blocks.
[[nodiscard]] base::Result<void> copy_database(const std::string& from, const std::string& to);

}  // namespace sql
