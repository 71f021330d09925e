// What other folders see of GPUs.
#include "cuda/cuda.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(Cuda, OpensWhatItListsOrSaysWhyThereIsNothing) {
  const auto devices = list_devices();
  ThreadPool pool(1);
  const std::size_t count = devices.ok() ? devices->size() : 0;
  const auto beyond = open_cuda(static_cast<int>(count), *kernels_for("").value(), pool);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().kind, ErrorKind::kResource);
  EXPECT_FALSE(beyond.error().hint.empty());
  if (devices.ok()) return;
  EXPECT_EQ(beyond.error().message(), devices.error().message());
}

TEST(Cuda, AnEmulatedDeviceComputesWhenItIsWaitedFor) {
  ThreadPool pool(1);
  const std::unique_ptr<Backend> backend = open_emulated(*kernels_for("").value(), pool);
  EXPECT_GT(backend->memory(), 0u);
  const std::shared_ptr<float[]> rows = backend->allocate(8);
  std::fill_n(rows.get(), 8, 3.0f);
  const MatrixView x = {rows.get(), 2, 4, 4};
  double squares[2] = {};
  backend->scale(2.0f, x);
  backend->sum_squares(x, squares);
  EXPECT_EQ(rows[0], 3.0f);
  backend->finish();
  EXPECT_EQ(rows[7], 6.0f);
  EXPECT_EQ(squares[1], 144.0);
}

}  // namespace
}  // namespace sg
