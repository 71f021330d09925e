#include "base/result.h"

namespace streamgauge {

std::string Error::message() const {
  std::string text;
  if (!where.empty()) text += where + ": ";
  text += what;
  if (!expected.empty()) text += "; expected " + expected;
  if (!got.empty()) text += (expected.empty() ? "; got " : ", got ") + got;
  if (!hint.empty()) text += ". " + hint;
  return text;
}

int Error::exit_code() const {
  switch (kind) {
    case ErrorKind::kUsage: return 2;
    case ErrorKind::kBadInput: return 3;
    case ErrorKind::kResource: return 4;
    case ErrorKind::kInterrupted: return 130;
  }
  return 3;
}

}  // namespace streamgauge
