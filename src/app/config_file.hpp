// redline.toml: the only reader of TOML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"

namespace app {

// Fills `config`; appends "file:line: what is wrong" for every unknown key, wrong type and bad
// range.
void read_config_file(const std::string& path, Config& config, const std::vector<Setting>& all,
                      std::vector<std::string>& mistakes);
// The same of a text; `name` stands for the file in the mistakes.
void read_config_text(const std::string& name, std::string_view text, Config& config,
                      const std::vector<Setting>& all, std::vector<std::string>& mistakes);

}  // namespace app
