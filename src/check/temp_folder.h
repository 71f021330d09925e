// A private folder that is gone when its owner is.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace sg {

/// Mode 0700, under TMPDIR. Movable.
class TempFolder {
 public:
  static Result<TempFolder> make();
  TempFolder(TempFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TempFolder& operator=(TempFolder&&) = delete;
  ~TempFolder() { remove(); }

  const std::filesystem::path& path() const { return path_; }
  /// With all that is in it, before its owner is gone.
  void remove();

 private:
  explicit TempFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace sg
