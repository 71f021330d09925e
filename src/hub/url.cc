// Addresses, as far as redirects and messages need them.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "hub/http.h"

namespace sg {
namespace {

struct Parts {
  std::string scheme, authority, rest;  // authority without name and password
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Parts parts_of(const std::string& url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string::npos) return {};
  const std::size_t begin = colon + 3, end = std::min(url.find_first_of("/?#", begin), url.size());
  std::string authority = url.substr(begin, end - begin);
  authority.erase(0, authority.rfind('@') + 1);  // npos + 1 is 0
  return {lower(url.substr(0, colon)), lower(authority), url.substr(end)};
}

}  // namespace

std::string origin_of(const std::string& url) {
  Parts p = parts_of(url);
  if ((p.scheme != "http" && p.scheme != "https") || p.authority.empty()) return "";
  const std::size_t bracket = p.authority.rfind(']');  // of an IPv6 address
  const std::size_t colon = p.authority.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon == std::string::npos) p.authority += p.scheme == "https" ? ":443" : ":80";
  return p.scheme + "://" + p.authority;
}

std::string absolute_url(const std::string& url, const std::string& location) {
  if (location.find("://") != std::string::npos) return location;
  const std::size_t colon = url.find("://");
  if (location.starts_with("//")) return url.substr(0, colon + 1) + location;
  const std::size_t path = std::min(url.find_first_of("/?#", colon + 3), url.size());
  if (location.starts_with('/')) return url.substr(0, path) + location;
  const std::size_t query = std::min(url.find_first_of("?#", path), url.size());
  const std::size_t slash = url.rfind('/', query);
  return url.substr(0, std::max(slash, path)) + "/" + location;
}

std::string url_escaped(const std::string& text, KeepSlashes keep) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || (keep == KeepSlashes::kYes && c == '/')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string shown_url(const std::string& url) {
  const Parts p = parts_of(url);
  if (p.scheme.empty()) return url.substr(0, url.find('?'));
  return p.scheme + "://" + p.authority + p.rest.substr(0, p.rest.find_first_of("?#"));
}

}  // namespace sg
