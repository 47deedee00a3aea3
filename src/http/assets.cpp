#include "http/assets.hpp"

#include <array>
#include <cstdint>
#include <map>

#include <openssl/sha.h>

#include "http/text.hpp"

namespace http {
namespace {

struct Form {
  std::string_view bytes;
  std::string_view encoding;  // empty: as it is
  std::string etag;           // with quotes
};

struct Asset {
  std::string_view content_type;
  bool hashed_name = false;
  Form plain;
  std::vector<Form> compressed;  // best first
};

std::string etag_of(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string tag = "\"";
  for (std::size_t i = 0; i < 12; ++i) {
    tag.push_back("0123456789abcdef"[digest[i] >> 4U]);
    tag.push_back("0123456789abcdef"[digest[i] & 15U]);
  }
  return tag + '"';
}

// Whether Accept-Encoding takes `encoding`; "q=0" refuses it.
bool accepts(std::string_view header, std::string_view encoding) {
  std::string_view item;
  while (next_list_item(header, item)) {
    const auto semicolon = item.find(';');
    if (!equals_ignoring_case(trim(item.substr(0, semicolon)), encoding)) continue;
    if (semicolon == std::string_view::npos) return true;
    const auto weight = trim(item.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

const Form& choose_form(const Asset& asset, const Request& request) {
  const auto accepted = request.header("accept-encoding").value_or("");
  for (const Form& form : asset.compressed)
    if (accepts(accepted, form.encoding)) return form;
  return asset.plain;
}

bool is_fresh(const Request& request, const Form& form) {
  std::string_view known = request.header("if-none-match").value_or("");
  std::string_view item;
  while (next_list_item(known, item)) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == form.etag || item == "*") return true;
  }
  return false;
}

base::Result<void> serve(const Asset& asset, Exchange& exchange) {
  const Form& form = choose_form(asset, exchange.request);
  Response& response = exchange.response;
  response.header("ETag", form.etag);
  response.header("Cache-Control",
                  asset.hashed_name ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.compressed.empty()) response.header("Vary", "Accept-Encoding");
  // Also of a 304: a browser renews what it keeps with that answer's headers, and the security
  // headers follow the type.
  response.content_type = asset.content_type;
  if (is_fresh(exchange.request, form)) {
    response.status = 304;
    return {};
  }
  if (!form.encoding.empty()) response.header("Content-Encoding", form.encoding);
  response.body.append(form.bytes);
  return {};
}

// Pages are found without their ending, index.html at the root.
std::string place_of(std::string_view path) {
  if (path == "index.html") return "/";
  if (path.ends_with(".html")) path.remove_suffix(std::string_view{".html"}.size());
  return "/" + std::string(path);
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
  }};
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

void add_asset_routes(Router& router, std::span<const base::EmbeddedFile> files) {
  std::map<std::string_view, std::string_view> by_path;
  for (const auto& file : files) by_path.emplace(file.path, file.bytes);
  const RoutePolicy open{.access = Access::open, .cost = CostClass::free, .max_body_bytes = 0};
  for (const auto& [path, bytes] : by_path) {
    const auto stem = path.substr(0, path.rfind('.'));
    const bool is_twin = (path.ends_with(".br") || path.ends_with(".gz")) && by_path.contains(stem);
    if (is_twin) continue;
    const auto asset = std::make_shared<Asset>();
    asset->content_type = content_type_of(path);
    asset->hashed_name = path.starts_with("assets/");
    asset->plain = {bytes, {}, etag_of(bytes)};
    for (const auto& [ending, encoding] : {std::pair{".br", "br"}, std::pair{".gz", "gzip"}})
      if (const auto twin = by_path.find(std::string(path) + ending); twin != by_path.end())
        asset->compressed.push_back({twin->second, encoding, etag_of(twin->second)});
    router.get(place_of(path), open,
               [asset](Exchange& exchange) { return serve(*asset, exchange); });
  }
}

}  // namespace http
