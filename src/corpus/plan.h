// A plan: the corpus cut into tasks that anyone may do, in any order, any number of times. Plain files in one folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "corpus/documents.h"
#include "corpus/windows.h"
#include "kernel/rounding.h"

namespace sg {

/// What results depend on besides the model and the documents.
struct CorpusOptions {
  WindowOptions windows;
  DocumentOptions documents;
  DocumentForm text_form = DocumentForm::kBlocks;
  Precision precision = Precision::kFloat32;  // as if in which type
  bool logits = true;                         // entropy and loss; without them the unembedding is not applied
  std::uint64_t keep_every = 0;               // rows of every so many-th token are kept whole; 0: none
  std::uint64_t most_tokens = 0;              // of the corpus, up to the end of a document; 0: all
};

inline constexpr std::uint64_t kMostContext = std::uint64_t{1} << 20;  // tokens of a window

/// Some consecutive documents of one file.
struct CorpusTask {
  std::string key;  // 64 hexadecimal digits: of the model, the numerics, the documents' bytes and the options
  DocumentRange range;
  std::uint64_t first_document = 0, documents = 0;  // their numbers in the corpus that was planned
  std::uint64_t shift = 0;                          // more, in a corpus that others were added to
  std::uint64_t bytes = 0;
};

struct CorpusPlan {
  std::string model;         // as it was named
  std::string content_hash;  // of the model: every byte
  CorpusOptions options;
  std::vector<std::string> files;
  std::vector<CorpusTask> tasks;

  std::uint64_t documents() const;
  std::uint64_t bytes() const;
};

/// Cuts the files into tasks of about `task_bytes` bytes, ending where a document ends. `tokens_of` counts the tokens
/// of a document, and is asked only where most_tokens is set.
/// Errors: files that cannot be read, the same file twice, no document at all.
Result<CorpusPlan> plan_corpus(std::string model, std::string content_hash, const std::vector<std::string>& files,
                               const CorpusOptions& options, std::uint64_t task_bytes,
                               const std::function<Result<std::uint64_t>(const CorpusDocument&)>& tokens_of);

/// SHA-256 of the bytes of a range. Errors: a file that is shorter than it was.
Result<std::string> sum_of_range(const DocumentRange& range);
/// The key of a task whose documents have that sum.
std::string key_of_task(const CorpusPlan& plan, const CorpusTask& task, const std::string& bytes_sum);

/// plan.json, one line a task: read and written whole.
std::string plan_text(const CorpusPlan& plan);
Result<CorpusPlan> read_plan(const std::filesystem::path& file);

}  // namespace sg
