// The page, as web/dist was when the program was built.
#pragma once

#include <span>

#include "base/embedded.hpp"

namespace app {

[[nodiscard]] std::span<const base::EmbeddedFile> page_files();

}  // namespace app
