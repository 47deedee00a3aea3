#include "http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "base/check.hpp"
#include "http/text.hpp"

namespace http {
namespace {

constexpr std::size_t kMethods = 7;

std::size_t index_of(Method method) { return static_cast<std::size_t>(method); }

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool is_rest(std::string_view segment) {
  return is_placeholder(segment) && segment.ends_with("...}");
}

struct Split {
  std::string_view first;
  std::optional<std::string_view> rest;  // nullopt: `first` was the last segment
};

Split split(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {path, std::nullopt};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

// One node per segment. `routes` are what ends here, by method; `allow` the text for 405.
struct Router::Tree {
  struct Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  // sorted after compile()
    std::unique_ptr<Node> placeholder;
    std::unique_ptr<Node> rest;
    std::array<const Route*, kMethods> routes{};
    std::string allow;
  };
  Node root;
  // Patterns without placeholders by their whole text: a literal always wins, so that this is what
  // walk() would find.
  std::unordered_map<std::string_view, const Node*> whole;

  static Node& child(Node& node, std::string_view segment) {
    if (is_placeholder(segment)) {
      auto& slot = is_rest(segment) ? node.rest : node.placeholder;
      if (!slot) slot = std::make_unique<Node>();
      return *slot;
    }
    for (auto& [text, next] : node.literals)
      if (text == segment) return *next;
    return *node.literals.emplace_back(segment, std::make_unique<Node>()).second;
  }

  void insert(const Route& route) {
    Node* node = &root;
    std::optional<std::string_view> rest = std::string_view{route.pattern}.substr(1);
    while (rest) {
      const Split part = split(*rest);
      RL_CHECK(!is_rest(part.first) || !part.rest, "{rest...} is the last segment of a pattern");
      node = &child(*node, part.first);
      rest = part.rest;
    }
    auto& slot = node->routes[index_of(route.method)];
    RL_CHECK(slot == nullptr, "route registered twice: " + route.pattern);
    slot = &route;
    if (!route.pattern.contains('{')) whole.emplace(route.pattern, node);
  }

  static void finish(Node& node) {
    std::ranges::sort(node.literals, {}, [](const auto& literal) { return literal.first; });
    for (std::size_t i = 0; i < kMethods; ++i) {
      const auto method = static_cast<Method>(i);
      const bool has = node.routes[i] != nullptr ||
                       (method == Method::head && node.routes[index_of(Method::get)] != nullptr);
      if (!has) continue;
      if (!node.allow.empty()) node.allow += ", ";
      node.allow += method_name(method);
    }
    if (!node.allow.empty()) node.allow += ", OPTIONS";
    for (auto& [text, next] : node.literals) finish(*next);
    if (node.placeholder) finish(*node.placeholder);
    if (node.rest) finish(*node.rest);
  }

  static bool take(std::string_view raw, std::vector<std::string>& values, std::size_t& count) {
    if (values.size() == count) values.emplace_back();
    if (!percent_decode(raw, PlusIs::plus, values[count])) return false;
    ++count;
    return true;
  }

  // `path` is what follows the slash of `node`. Depth is bounded by the patterns, not by the path.
  static const Node* walk(const Node& node, std::string_view path, std::vector<std::string>& values,
                          std::size_t& count) {
    const Split part = split(path);
    const std::size_t before = count;
    const auto literal = std::ranges::lower_bound(
        node.literals, part.first, {}, [](const auto& one) { return std::string_view{one.first}; });
    if (literal != node.literals.end() && literal->first == part.first)
      if (const Node* found = descend(*literal->second, part.rest, values, count)) return found;
    count = before;
    if (node.placeholder && !part.first.empty() && take(part.first, values, count))
      if (const Node* found = descend(*node.placeholder, part.rest, values, count)) return found;
    count = before;
    if (node.rest && take(path, values, count)) return node.rest.get();
    count = before;
    return nullptr;
  }

  static const Node* descend(const Node& node, std::optional<std::string_view> rest,
                             std::vector<std::string>& values, std::size_t& count) {
    if (rest) return walk(node, *rest, values, count);
    return node.allow.empty() ? nullptr : &node;
  }
};

Router::Router() = default;
Router::~Router() = default;

void Router::add(Route route) {
  RL_CHECK(route.pattern.starts_with('/'), "a pattern starts with a slash: " + route.pattern);
  RL_CHECK(!tree_, "routes are added before compile()");
  routes_.push_back(std::move(route));
}

void Router::get(std::string pattern, RoutePolicy policy, PlainHandler handler) {
  add({Method::get, std::move(pattern), policy, std::move(handler)});
}

void Router::add_async(Method method, std::string pattern, RoutePolicy policy,
                       AsyncHandler handler) {
  add({method, std::move(pattern), policy, std::move(handler)});
}

void Router::compile() {
  tree_ = std::make_unique<Tree>();
  for (const Route& route : routes_) tree_->insert(route);
  Tree::finish(tree_->root);
}

Match Router::find(Method method, std::string_view path, std::vector<std::string>& values) const {
  RL_CHECK(tree_ != nullptr, "compile() comes before find()");
  Match match;
  if (!path.starts_with('/')) return match;
  const auto found = tree_->whole.find(path);
  const auto* node = found != tree_->whole.end()
                         ? found->second
                         : Tree::walk(tree_->root, path.substr(1), values, match.value_count);
  if (node == nullptr) return match;
  match.route = node->routes[index_of(method)];
  if (match.route == nullptr && method == Method::head)
    match.route = node->routes[index_of(Method::get)];
  if (match.route == nullptr) match.allow = node->allow;
  return match;
}

const std::vector<Route>& Router::routes() const { return routes_; }

}  // namespace http
