#include "hub/settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "io/hub_cache.h"

namespace sg {
namespace {

constexpr const char* kEndpoint = "https://huggingface.co";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = variable(name); !value.empty()) return value;
  }
  return "";
}

long seconds(const char* name, long otherwise) {
  const std::string text = variable(name);
  long value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() && value > 0 ? value : otherwise;
}

std::optional<std::string> token_of_environment() {
  const std::optional<std::string> name = token_variable();
  return name ? cleaned_token(variable(name->c_str())) : std::nullopt;
}

std::optional<std::string> token_of_file() {
  std::ifstream in(token_file(), std::ios::binary);
  return cleaned_token(std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace

bool is_true(std::string_view value) {
  std::string upper(value);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper == "1" || upper == "ON" || upper == "YES" || upper == "TRUE";
}

std::filesystem::path token_file() {
  const std::string path = variable("HF_TOKEN_PATH");
  return path.empty() ? hub_home() / "token" : expanded_path(path);
}

std::filesystem::path stored_tokens_file() {
  const std::string path = variable("HF_STORED_TOKENS_PATH");
  return path.empty() ? hub_home() / "stored_tokens" : expanded_path(path);
}

std::optional<std::string> token_variable() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (cleaned_token(variable(name))) return name;
  }
  return std::nullopt;
}

std::optional<std::string> cleaned_token(std::string_view text) {
  std::string token(text);
  std::erase_if(token, [](char c) { return c == '\r' || c == '\n'; });
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!token.empty() && blank(static_cast<unsigned char>(token.back()))) token.pop_back();
  token.erase(token.begin(), std::find_if_not(token.begin(), token.end(), blank));
  return token.empty() ? std::nullopt : std::optional(token);
}

HubSettings hub_settings() {
  HubSettings s;
  s.endpoint = variable("HF_ENDPOINT");
  if (s.endpoint.empty()) s.endpoint = kEndpoint;
  while (s.endpoint.ends_with('/')) s.endpoint.pop_back();
  if (!is_true(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
    s.token = token_of_environment();
    if (!s.token) s.token = token_of_file();
  }
  s.offline = is_true(first_of({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}));
  s.symlinks = !is_true(variable("HF_HUB_DISABLE_SYMLINKS"));
  s.answer_seconds = seconds("HF_HUB_ETAG_TIMEOUT", s.answer_seconds);
  s.silence_seconds = seconds("HF_HUB_DOWNLOAD_TIMEOUT", s.silence_seconds);
  s.cache = hub_cache_folder();
  if (variable("http_proxy").empty()) s.http_proxy = variable("HTTP_PROXY");
  s.ca_file = first_of({"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"});
  return s;
}

}  // namespace sg
