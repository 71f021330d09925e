#include "cuda/gpu_device.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"
#include "cuda/driver.h"

namespace sg::cuda {
namespace {

struct KernelEntry {
  const char* name;
  unsigned threads;
};
constexpr KernelEntry kKernels[] = {
#define SG_ROW(NAME, CALL, FUNCTION, THREADS) {"sg_" #NAME, THREADS},
    SG_CUDA_KERNELS(SG_ROW)
#undef SG_ROW
};
constexpr std::size_t kKernelCount = std::size(kKernels);

driver::Address address(const void* memory) { return reinterpret_cast<driver::Address>(memory); }

class GpuDevice : public Device {
 public:
  GpuDevice(const driver::Table& table, driver::DeviceNumber number, DeviceFacts facts,
            std::span<const std::byte> image)
      : table_(table), number_(number), facts_(std::move(facts)) {
    if (!done(table_.context_retain(&context_, number_), "opening the GPU")) return;
    enter();
    done(table_.module_load(&module_, image.data()), "loading the kernels");
    for (std::size_t i = 0; i < kKernelCount && !failure(); ++i)
      done(table_.module_function(&functions_[i], module_, kKernels[i].name), "finding a kernel");
    for (driver::QueueHandle*& stream : streams_) {
      if (!failure()) done(table_.stream_create(&stream, driver::kStreamNonBlocking), "opening a stream");
    }
    for (Events& events : events_) {
      for (driver::EventHandle*& event : events) {
        if (!failure()) done(table_.event_create(&event, driver::kEventWithoutTiming), "making an event");
      }
    }
  }

  ~GpuDevice() override {
    if (context_ == nullptr) return;
    enter();
    for (const Events& events : events_) {
      for (driver::EventHandle* event : events) {
        if (event != nullptr) table_.event_destroy(event);
      }
    }
    for (driver::QueueHandle* stream : streams_) {
      if (stream != nullptr) table_.stream_destroy(stream);
    }
    if (module_ != nullptr) table_.module_unload(module_);
    table_.context_release(number_);
  }

  DeviceFacts facts() const override { return facts_; }

  std::size_t free_memory() const override {
    std::size_t free = 0, total = 0;
    enter();
    return table_.memory_info(&free, &total) == 0 ? free : 0;
  }

  void* allocate(MemoryKind kind, std::size_t bytes) override {
    if (failure() || bytes == 0) return nullptr;
    enter();
    driver::Address at = 0;
    void* host = nullptr;
    driver::Status status = 0;
    switch (kind) {
      case MemoryKind::kDevice: status = table_.allocate(&at, bytes); break;
      case MemoryKind::kShared: status = table_.allocate_managed(&at, bytes, driver::kManagedGlobal); break;
      case MemoryKind::kPinned: status = table_.allocate_host(&host, bytes, 0); break;
    }
    if (status == driver::kOutOfMemory || !done(status, "taking memory")) return nullptr;
    return kind == MemoryKind::kPinned ? host : reinterpret_cast<void*>(at);
  }

  void release(MemoryKind kind, void* memory) override {
    enter();
    if (kind == MemoryKind::kPinned) {
      table_.free_host(memory);
    } else {
      table_.free(address(memory));
    }
  }

  void copy(void* to, const void* from, std::size_t bytes) override {
    if (failure()) return;
    enter();
    done(table_.copy_to_device(address(to), from, bytes, stream(Stream::kCopies)), "copying to the GPU");
  }

  Mark mark(Stream of) override {
    if (failure()) return 0;
    enter();
    const std::size_t which = static_cast<std::size_t>(of);
    const Mark mark = 2 * ++marks_[which] + which;
    done(table_.event_record(event(mark), stream(of)), "marking a place");
    return mark;
  }

  void wait(Stream of, Mark mark) override {
    if (failure() || mark == 0) return;
    enter();
    done(table_.stream_wait(stream(of), event(mark), 0), "ordering work");
  }

  void wait(Mark mark) override {
    if (failure() || mark == 0) return;
    enter();
    done(table_.event_synchronize(event(mark)), "computing");
  }

  void finish() override {
    enter();
    for (driver::QueueHandle* stream : streams_) {
      if (!failure()) done(table_.stream_synchronize(stream), "computing");
    }
  }

 protected:
  void launch_bytes(KernelId kernel, Grid grid, const void* call, std::size_t) override {
    if (failure()) return;
    enter();
    const std::size_t which = static_cast<std::size_t>(kernel);
    void* parameters[] = {const_cast<void*>(call)};  // the driver copies it
    done(table_.launch(functions_[which], grid.x, grid.y, 1, kKernels[which].threads, 1, 1, 0, stream(Stream::kKernels),
                       parameters, nullptr),
         "starting a kernel");
  }

 private:
  /// The calling thread's calls go to this GPU.
  void enter() const { table_.context_set(context_); }

  bool done(driver::Status status, const char* doing) {
    if (status != 0) fail(driver_error(table_, status, doing, facts_.name));
    return status == 0;
  }

  driver::QueueHandle* stream(Stream of) const { return streams_[static_cast<std::size_t>(of)]; }
  /// A stream's events are used in turn: who waits for a mark whose event is of a later one by now waits longer.
  driver::EventHandle* event(Mark mark) const { return events_[mark % 2][mark / 2 % kEvents]; }

  driver::Table table_;
  driver::DeviceNumber number_;
  DeviceFacts facts_;
  driver::Context* context_ = nullptr;
  driver::Module* module_ = nullptr;
  std::array<driver::Function*, kKernelCount> functions_ = {};
  std::array<driver::QueueHandle*, 2> streams_ = {};
  static constexpr std::size_t kEvents = 512;
  using Events = std::array<driver::EventHandle*, kEvents>;
  std::array<Events, 2> events_ = {};
  std::array<Mark, 2> marks_ = {};  // a mark is twice its number in its stream, and the stream
};

Result<driver::Table> driver_of(const GpuAccess& access) {
  if (!access.kernels.image.empty()) return load_driver(access.library, access.kernels.cuda_version);
  return Error{.kind = ErrorKind::kResource,
               .what = "this program was built without kernels for GPUs",
               .hint = "build it where nvcc 12 or later is; --device cpu computes the same numbers"};
}

int attribute(const driver::Table& table, int which, driver::DeviceNumber device) {
  int value = 0;
  table.device_attribute(&value, which, device);
  return value;
}

DeviceFacts facts_of(const driver::Table& table, driver::DeviceNumber device) {
  DeviceFacts facts;
  std::array<char, 256> name = {};
  int version = 0;
  table.device_name(name.data(), static_cast<int>(name.size()) - 1, device);
  table.device_memory(&facts.memory, device);
  table.driver_version(&version);
  facts.name = name.data();
  facts.driver = version_text(version);
  facts.major = attribute(table, driver::kComputeMajor, device);
  facts.minor = attribute(table, driver::kComputeMinor, device);
  facts.multiprocessors = attribute(table, driver::kMultiprocessors, device);
  facts.clock_khz = attribute(table, driver::kClockRate, device);
  return facts;
}

Result<int> count_gpus(const driver::Table& table, const GpuAccess& access) {
  int count = 0;
  if (const driver::Status status = table.device_count(&count); status != 0)
    return driver_error(table, status, "counting GPUs", access.library);
  return count;
}

/// Why a GPU cannot be used.
std::optional<Error> unusable(const driver::Table& table, driver::DeviceNumber device, const DeviceFacts& facts) {
  Error error = {.kind = ErrorKind::kResource, .where = facts.name, .hint = "--device cpu computes the same numbers"};
  if (10 * facts.major + facts.minor < 75) {
    error.what = "the GPU is too old for the kernels of this program";
    error.expected = "compute capability 7.5 or later";
    error.got = fmt::format("{}.{}", facts.major, facts.minor);
    return error;
  }
  if (attribute(table, driver::kConcurrentManagedAccess, device) == 0) {
    error.what = "processor and GPU cannot use the same memory at a time here";
    error.expected = "concurrent access to managed memory, as on Linux outside of virtual GPUs";
    return error;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<DeviceFacts>> list_gpus(const GpuAccess& access) {
  SG_TRY(const driver::Table table, driver_of(access));
  SG_TRY(const int count, count_gpus(table, access));
  std::vector<DeviceFacts> all;
  for (int i = 0; i < count; ++i) {
    driver::DeviceNumber device = 0;
    if (const driver::Status status = table.device_get(&device, i); status != 0)
      return driver_error(table, status, "asking for a GPU", fmt::format("GPU {}", i));
    all.push_back(facts_of(table, device));
  }
  return all;
}

Result<std::unique_ptr<Device>> open_gpu(int number, const GpuAccess& access) {
  SG_TRY(const driver::Table table, driver_of(access));
  SG_TRY(const int count, count_gpus(table, access));
  if (number < 0 || number >= count) {
    return Error{.kind = ErrorKind::kResource,
                 .what = fmt::format("there is no GPU {}", number),
                 .expected = count == 0 ? "a GPU" : fmt::format("0 to {}", count - 1),
                 .hint = "nvidia-smi -L lists them; CUDA_VISIBLE_DEVICES hides those that it does not name"};
  }
  driver::DeviceNumber device = 0;
  if (const driver::Status status = table.device_get(&device, number); status != 0)
    return driver_error(table, status, "asking for a GPU", fmt::format("GPU {}", number));
  DeviceFacts facts = facts_of(table, device);
  if (std::optional<Error> refused = unusable(table, device, facts)) return *std::move(refused);
  auto gpu = std::make_unique<GpuDevice>(table, device, std::move(facts), access.kernels.image);
  if (gpu->failure()) return *gpu->failure();
  return std::unique_ptr<Device>(std::move(gpu));
}

}  // namespace sg::cuda
