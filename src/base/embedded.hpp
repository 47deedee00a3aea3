// A file that is part of the binary (cmake: rl_embed).
#pragma once

#include <string_view>

namespace base {

struct EmbeddedFile {
  std::string_view path;  // relative, with '/'
  std::string_view bytes;
};

}  // namespace base
