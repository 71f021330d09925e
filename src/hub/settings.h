// How to reach the Hub: the variables of huggingface_hub ("Environment variables" of its documentation), read the same
// way, and what of them a command line overrides.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sg {

struct HubSettings {
  std::string endpoint;              // HF_ENDPOINT, "https://huggingface.co"; no slash at its end
  std::optional<std::string> token;  // sent to the endpoint's own origin and nowhere else
  bool offline = false;              // HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE
  bool symlinks = true;              // not HF_HUB_DISABLE_SYMLINKS
  long answer_seconds = 10;          // HF_HUB_ETAG_TIMEOUT: to connect and to begin to answer
  long silence_seconds = 10;         // HF_HUB_DOWNLOAD_TIMEOUT: without a byte before a transfer is given up
  std::filesystem::path cache;       // hub_cache_folder()
  std::string http_proxy;            // HTTP_PROXY, which libcurl leaves to its caller; other proxies it reads itself
  std::string ca_file;               // SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE; empty: the system's
};

/// From the environment and the token's file.
HubSettings hub_settings();

/// True for 1, ON, YES and TRUE in any case; false for anything else.
bool is_true(std::string_view value);

/// HF_TOKEN_PATH, else $HF_HOME/token.
std::filesystem::path token_file();
/// Where names of tokens are kept: HF_STORED_TOKENS_PATH, else $HF_HOME/stored_tokens.
std::filesystem::path stored_tokens_file();
/// Name of the variable that holds a token: HF_TOKEN, HUGGING_FACE_HUB_TOKEN; absent when neither does.
std::optional<std::string> token_variable();
/// Blanks around it and line ends within are taken off, as the Python client does; absent when nothing is left.
std::optional<std::string> cleaned_token(std::string_view text);

}  // namespace sg
