// Documents as what is measured: windows of a fixed length, each of one document.
#pragma once

#include <cstdint>
#include <vector>

#include "corpus/documents.h"
#include "tokenizer/tokenizer.h"

namespace sg {

/// What makes windows of documents. Part of what names a result.
struct WindowOptions {
  std::size_t context = 1024;  // tokens of a window, the special one with them
  bool with_bos = true;        // every window begins with the token that the tokenizer puts first, if it has one
  std::uint64_t every = 1;     // one document of so many, by a sum of its content
};

/// Consecutive tokens of one document, as the model sees them.
struct CorpusWindow {
  std::uint64_t document = 0, begin = 0;  // begin: of its first token in the document, special ones not counted
  std::size_t special = 0;                // tokens before that one
  std::vector<std::int32_t> ids;
};

/// True for documents that `every` keeps: the same ones wherever they stand.
bool is_sampled(const CorpusDocument& document, std::uint64_t every);

/// Ids of a document without special tokens. Errors: text that cannot be tokenized; ids outside the vocabulary.
Result<std::vector<std::int32_t>> ids_of(const CorpusDocument& document, const Tokenizer* tokenizer,
                                         std::size_t vocabulary);

/// The windows of a document; none for one without ids. The last may be short.
std::vector<CorpusWindow> windows_of(std::span<const std::int32_t> ids, std::uint64_t document,
                                     const WindowOptions& options, std::int32_t bos);

}  // namespace sg
