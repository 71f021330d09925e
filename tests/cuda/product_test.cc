// Products and rows of tables on the emulated device have the processor's bits, for every stored type.
#include "cuda/support.h"
#include "kernel/grids.h"

namespace sg::test {
namespace {

struct StoredMatrix {
  std::vector<std::byte> bytes;
  WeightView view;
};

StoredMatrix random_weights(DType dtype, std::size_t outputs, std::size_t inputs, bool transposed, Draw& draw) {
  const DTypeTraits& t = traits(dtype);
  const std::size_t rows = transposed ? inputs : outputs, cols = transposed ? outputs : inputs;
  const std::size_t blocks = cols / t.block_items, gap = draw(0, 2);
  StoredMatrix m = {.bytes = random_blocks(dtype, rows * (blocks + gap), draw.seed()), .view = {}};
  m.view = {.data = m.bytes.data(),
            .dtype = dtype,
            .rows = outputs,
            .cols = inputs,
            .row_bytes = (blocks + gap) * t.block_bytes,
            .transposed = transposed,
            .scale = draw.coin() ? 1.0f : 0.37f};
  return m;
}

cuda::StoredWeight on_device(const WeightView& w) {
  return {.data = w.data,
          .row_bytes = w.row_bytes,
          .grids = &grids(),
          .scale = w.scale,
          .dtype = w.dtype,
          .transposed = w.transposed,
          .block_items = traits(w.dtype).block_items,
          .block_bytes = traits(w.dtype).block_bytes};
}

class Products : public OnDevice {
 protected:
  void check(DType dtype, std::size_t rows, std::size_t outputs, std::size_t inputs, bool transposed, Draw& draw) {
    Guarded x = random_matrix(rows, inputs, draw);
    spice(x.view(), draw, draw.coin());
    const StoredMatrix w = random_weights(dtype, outputs, inputs, transposed, draw);
    const std::vector<float> bias = random_row(outputs, draw);
    const float* added = draw.coin() ? bias.data() : nullptr;
    Guarded want(rows, outputs, 3, 1);
    k.matmul({.x = x.view(), .w = w.view, .bias = added, .y = want.view()}, ThreadPool::serial());
    for (const cuda::Tiles tiles : {cuda::Tiles::kFlat, cuda::Tiles::kMedium, cuda::Tiles::kWide}) {
      Guarded got(rows, outputs, 3, 1);
      cuda::multiply(device,
                     {.x = {x.data(), x.view().stride},
                      .w = on_device(w.view),
                      .bias = added,
                      .y = got.data(),
                      .y_stride = got.view().stride,
                      .rows = static_cast<unsigned>(rows),
                      .outputs = static_cast<unsigned>(outputs),
                      .inputs = static_cast<unsigned>(inputs)},
                     tiles);
      EXPECT_TRUE(std::isnan(got.data()[0])) << "nothing is done before somebody waits";
      device.finish();
      EXPECT_TRUE(same(got.view(), want.view())) << name(dtype) << " " << rows << " x " << outputs << " x " << inputs;
      EXPECT_TRUE(got.guards_intact());
    }
  }
};

TEST_F(Products, OfEveryStoredType) {
  Draw draw(1);
  for (const DType dtype : weight_types()) {
    const std::size_t block = traits(dtype).block_items;
    for (int i = 0; i < 4; ++i) {
      const std::size_t rows = i < 2 ? draw(1, 32) : draw(33, 150), outputs = draw(1, 140);
      const std::size_t inputs = block == 1 ? draw(1, 600) : block * draw(1, 768 / block);
      check(dtype, rows, outputs, inputs, false, draw);
      if (block == 1) check(dtype, rows, outputs, inputs, true, draw);
    }
  }
}

TEST_F(Products, AtTheEdgesOfTilesSlabsAndBlocks) {
  Draw draw(2);
  for (const std::size_t rows : {1u, 16u, 17u, 32u, 33u, 128u, 129u}) {
    for (const std::size_t outputs : {1u, 63u, 64u, 65u, 128u, 129u}) {
      for (const std::size_t inputs : {1u, 32u, 33u, 256u, 257u, 513u}) {
        if (rows * outputs * inputs < (1u << 20)) check(DType::kF32, rows, outputs, inputs, false, draw);
      }
    }
  }
}

TEST_F(Products, AreCutByTheirSize) {
  const auto tiles = [](unsigned rows, unsigned outputs) {
    return cuda::tiles_for({.x = {},
                            .w = {},
                            .bias = nullptr,
                            .y = nullptr,
                            .y_stride = 0,
                            .rows = rows,
                            .outputs = outputs,
                            .inputs = 1});
  };
  EXPECT_EQ(tiles(32, 4096), cuda::Tiles::kFlat);
  EXPECT_EQ(tiles(33, 4096), cuda::Tiles::kMedium);
  EXPECT_EQ(tiles(512, 4096), cuda::Tiles::kMedium);
  EXPECT_EQ(tiles(4096, 4096), cuda::Tiles::kWide);
}

TEST_F(Products, RowsOfTables) {
  Draw draw(3);
  for (const DType dtype : weight_types()) {
    const std::size_t block = traits(dtype).block_items, cols = block == 1 ? draw(1, 5000) : block * draw(1, 10);
    StoredMatrix w = random_weights(dtype, 20, cols, false, draw);
    w.view.scale = 1.0f;
    std::vector<std::uint32_t> ids(7);
    for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(draw(0, 19));
    Guarded want(ids.size(), cols, 2, 0), got(ids.size(), cols, 2, 0);
    for (std::size_t r = 0; r < ids.size(); ++r)
      k.decode(dtype, w.bytes.data() + ids[r] * w.view.row_bytes, cols, want.view().row(r));
    cuda::embed(device,
                {.table = on_device(w.view),
                 .ids = ids.data(),
                 .y = got.data(),
                 .y_stride = got.view().stride,
                 .cols = static_cast<unsigned>(cols)},
                7);
    device.finish();
    EXPECT_TRUE(same(got.view(), want.view())) << name(dtype);
    EXPECT_TRUE(got.guards_intact());
  }
}

}  // namespace
}  // namespace sg::test
