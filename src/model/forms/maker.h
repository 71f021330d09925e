// Maker: puts the tensors of a quantised linear layer together to one matrix (kernel/packed.h). What each form is made
// of stands in the other files of this folder; here is what they share. Checkpoints are hostile: every type, shape and
// count is checked against the bytes that are there before a matrix refers to them.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "io/checkpoint.h"
#include "kernel/packed.h"
#include "model/forms/quantization.h"

namespace sg {

std::string shape_text(const std::vector<std::uint64_t>& shape);

class Maker {
 public:
  Maker(const Quantization& quantization, Checkpoint& checkpoint) : q(quantization), checkpoint_(checkpoint) {}

  const Quantization& q;

  const std::vector<TensorInfo>& stored() const { return checkpoint_.tensors; }
  const auto& metadata() const { return checkpoint_.metadata; }
  const TensorInfo* find(std::string_view name) const { return checkpoint_.find_stored(name); }
  /// An error when it is missing: `what` it is to the layer.
  Result<const TensorInfo*> need(const std::string& name, std::string_view what) const;
  /// A tensor of that type and shape.
  Result<void> expect(const TensorInfo& tensor, std::initializer_list<DType> types,
                      const std::vector<std::uint64_t>& shape) const;
  Error wrong(const TensorInfo& tensor, std::string what, std::string expected) const;

  /// Zero points of a layer that belongs to a group without them.
  Error unapplied_zeros(const TensorInfo& zeros, const CompressedGroup& group) const;

  /// The first number of a tensor of one number; finite, above zero.
  Result<float> scalar(const TensorInfo& tensor) const;
  /// A whole number that stands in a tensor of its own; at least 0.
  Result<std::size_t> count_in(const TensorInfo& tensor) const;
  /// Numbers of a small float32 tensor, at a place of their own.
  Result<const float*> table(const TensorInfo& tensor, std::size_t count);
  std::string_view text(const TensorInfo& tensor) const;
  /// Bytes that stay as long as the checkpoint.
  const std::byte* keep(std::string bytes) {
    return reinterpret_cast<const std::byte*>(checkpoint_.strings.emplace_back(std::move(bytes)).data());
  }

  /// The type of scales in a tensor of floating-point numbers, or of bytes as powers of two.
  Result<ScaleType> scale_type(const TensorInfo& tensor) const;
  /// Groups of `size` inputs, 0 being all; an error when they do not divide them.
  Result<std::size_t> groups_of(const TensorInfo& tensor, std::size_t inputs, std::size_t size) const;

  struct Matrix {
    std::string name;                  // under which it is found
    std::vector<std::uint64_t> shape;  // as the plain tensor would have
    PackedMatrix packed;               // without its parts
  };
  /// parts[0] holds the codes.
  void add(Matrix matrix, const std::vector<const TensorInfo*>& parts);
  /// A tensor that only says how the layer is run.
  void leave(const TensorInfo* tensor) {
    if (tensor != nullptr) checkpoint_.made.parts.insert(tensor);
  }
  bool is_taken(const TensorInfo& tensor) const { return checkpoint_.made.parts.contains(&tensor); }
  std::size_t made() const { return checkpoint_.made.tensors.size(); }

 private:
  Checkpoint& checkpoint_;
};

/// Every form: makes what it knows of, and leaves the rest.
Result<void> make_float8(Maker& maker);  // and int8, with scales of a tensor, of rows, of blocks or groups
Result<void> make_gptq(Maker& maker);
Result<void> make_awq(Maker& maker);
Result<void> make_compressed(Maker& maker);  // integers in words; what the next and the first make
Result<void> make_compressed_nibbles(Maker& maker, const TensorInfo& codes, const std::string& layer);
Result<void> make_mxfp4(Maker& maker);
Result<void> make_nvfp4(Maker& maker);  // ModelOpt
Result<void> make_bitsandbytes(Maker& maker);
Result<void> make_hqq(Maker& maker);
Result<void> make_torchao(Maker& maker);

/// 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives: OCP E2M1 by its code.
extern const std::array<float, 16> kE2M1;

}  // namespace sg
